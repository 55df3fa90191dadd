"""Build a dataset: plan, build the shards that have no receipt, publish, report.

The same inputs and parameters give the same bytes, independent of which processes run the jobs and
of how often the build was stopped and resumed.
"""

import sys
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from pipelines.engine.build_report import BuildReport, report_build
from pipelines.engine.errors import RayNotStartedError, os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.failures import Outcome
from pipelines.engine.finalize import finalize
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.jobs import BuildShard, Jobs
from pipelines.engine.opened import Opened
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.plan import Plan
from pipelines.engine.product import PlannedBuild, Product
from pipelines.engine.progress import Progress, Rate
from pipelines.engine.publication import Publication
from pipelines.engine.retry import replan
from pipelines.engine.shard import ShardBuilder
from pipelines.engine.totals import BuildTotals
from pipelines.engine.worker_choice import WorkerChoice, choose_for
from pipelines.engine.workers.executor import RunAll, RunJobs, run_jobs
from pipelines.engine.workers.trial import try_first_rows
from shards.format.dataset import read_description


def build(
    product: Product,
    out: Path,
    execution: Execution,
    *,
    build_shard: BuildShard | None = None,
    run_jobs: RunJobs = run_jobs,
) -> BuildReport:
    """Build a dataset, or resume an earlier run, and return the report.

    `build_shard` builds one shard in a worker, as `ShardBuilder` does, which is the default;
    `run_jobs` runs all jobs of the build.

    Raises `InputError`, before anything is written, if an option or an input is wrong. Raises
    `AbortedError` if the machine stops the build. The same call then resumes it.
    """
    with os_errors_as_aborted(out):
        job = _Build.check(product, out, execution)
        publication = Publication.to(execution.publish, out)
        build_all = partial(run_jobs, build_shard or ShardBuilder(job.opened))
        plan, totals, rate = job.run(build_all, publication)
        publication.finish()
        remarks = product.description.remarks(read_description(out), totals.flags)
    outcome = Outcome.of(plan.rows, totals.drops, execution.max_failures)
    warnings = [*product.warnings, *remarks]
    return report_build(out, plan, totals, outcome, warnings, rate)


def plan_build(
    product: Product, out: Path, execution: Execution
) -> tuple[Plan[Any], WorkerChoice | None]:
    """Return the plan that `build` would execute, and its choice of workers. Write nothing.

    Raises the same errors as `build` before it begins to write.
    """
    with os_errors_as_aborted(out):
        return _Build.check(product, out, execution).dry_run()


@dataclass(frozen=True)
class _Build:
    """What a build makes, where, and how."""

    product: Product
    folder: OutputFolder
    execution: Execution
    opened: Opened = field(default_factory=Opened)

    @classmethod
    def check(cls, product: Product, out: Path, execution: Execution) -> Self:
        """Check the output folder. Raise the errors of `OutputFolder.check`."""
        return cls(product, OutputFolder.check(out.absolute(), product.description.name), execution)

    def run(self, run_all: RunAll, publication: Publication) -> tuple[Plan[Any], BuildTotals, Rate]:
        """Build what the folder lacks, and finish its dataset."""
        planned = self._plan_and_try()
        with ExitStack() as stack:
            stack.enter_context(self.folder.lock.hold())
            planned, kept = self._expect_same_plan(planned)
            run = stack.enter_context(self.folder.new_run())
            if kept is not None:
                run.publish_plan(planned.fingerprint)
                run.remove_all_but(kept)
            run.begin_plan(planned.fingerprint, self.execution.restart)
            jobs = Jobs(planned, self.product, run, self.folder.unfinished_shards(planned))
            if jobs:
                self.opened.get(self.product)  # before the workers are forked, which inherit it
            rate = _run(jobs, self.execution, run_all, publication)
            totals = finalize(run, planned, self.product)
        return planned.plan, totals, rate

    def dry_run(self) -> tuple[Plan[Any], WorkerChoice | None]:
        """Do all checks of `run`, and write nothing."""
        planned = self._plan_and_try()
        self.folder.lock.expect_free()
        planned, _ = self._expect_same_plan(planned)
        frames = self._frames_to_build(planned)
        return planned.plan, choose_for(self.product, frames, self.execution)

    def _plan_and_try(self) -> PlannedBuild:
        """Plan the build. Try its first rows unless the build has already begun."""
        restart = self.execution.restart
        planned = self.product.plan_around({} if restart else self.folder.plan.kept_shards())
        if restart or not self.folder.plan.exists():
            try_first_rows(planned.plan, self.product, self.opened, self.execution)
        return planned

    def _expect_same_plan(
        self, planned: PlannedBuild
    ) -> tuple[PlannedBuild, dict[str, KeptShard] | None]:
        """Return the plan to build, and the shards that a retry keeps; None if none is to begin.

        Raises `InputError` if the folder has another plan. Writes nothing.
        """
        kept = None
        if self.execution.retry_dropped:
            planned, kept = replan(self.folder, planned, self.product.plan_around)
        if kept is None and not self.execution.restart:
            self.folder.plan.expect(planned.fingerprint)
        return planned, kept

    def _frames_to_build(self, planned: PlannedBuild) -> list[int]:
        """Return the number of frames of each shard that a run would build."""
        frames: list[int] = planned.plan.shards.frames.tolist()
        if self.execution.restart:
            return frames
        return [frames[number] for number in self.folder.unfinished_shards(planned)]


def _run(jobs: Jobs, execution: Execution, run_all: RunAll, publication: Publication) -> Rate:
    """Run jobs and return their rate."""
    frames = jobs.planned.plan.shards.frames
    done_before = int(frames.sum() - frames[jobs.numbers].sum())
    units = jobs.planned.plan.frame_units
    with Progress(int(frames.sum()), done_before, sys.stderr, units) as progress:
        choice = choose_for(jobs.product, frames[jobs.numbers].tolist(), execution)
        if choice is None:
            _exhaust(run_all(jobs, execution, progress.advance), publication)
        else:
            progress.say(choice.describe())
            chosen = replace(execution, workers=choice.workers)
            _run_chosen(jobs, chosen, run_all, progress, publication)
    return progress.rate


def _run_chosen(
    jobs: Jobs, chosen: Execution, run_all: RunAll, progress: Progress, publication: Publication
) -> None:
    """Run jobs with the chosen workers, or in this process if Ray does not start."""
    try:
        _exhaust(run_all(jobs, chosen, progress.advance), publication)
    except RayNotStartedError as error:
        progress.say(f"{error}. The build continues in this process")
        alone = replace(chosen, workers=0)
        _exhaust(run_all(jobs, alone, progress.advance), publication)


def _exhaust(finished: Generator[str], publication: Publication) -> None:
    """Run until all jobs are done, and end the workers. Receipts are read later, in plan order."""
    with closing(finished):
        for shard in finished:
            publication.add(shard)
