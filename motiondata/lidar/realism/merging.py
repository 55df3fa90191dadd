"""Merging: the echo of the three rays of a footprint, from their ranges and powers."""

from motiondata.jit import inlined, step

FAR = 1e9
"""The range of a ray of a footprint that hits nothing, meters."""


@inlined
def merge_near(
    ra: float, pa: float, rb: float, pb: float, rc: float, pc: float, separation: float
) -> tuple[float, float, int]:
    """Return what `merge_three` does for rays that all make one echo; for others, the ray is -1.

    Nearly all footprints are such. There are no branches, so that nothing is mispredicted.
    """
    sa, sb, sc = pa / (ra * ra), pb / (rb * rb), pc / (rc * rc)
    start = rb if rb < ra else ra
    start = rc if rc < start else start
    last = ra if ra < FAR else 0.0
    last = rb if (rb < FAR) & (rb > last) else last
    last = rc if (rc < FAR) & (rc > last) else last
    total = sa + sb + sc
    main = 0 if (sa >= sc) & (ra < FAR) else 2
    main = 1 if (sb >= sa) & (sb >= sc) & (rb < FAR) else main
    main = -1 if (last > start + separation) | (total == 0) else main
    behind = sa * (ra - start) + sb * (rb - start) + sc * (rc - start)
    return start + behind / total, pa + pb + pc, main


@step
def merge_three(
    ra: float,
    pa: float,
    rb: float,
    pb: float,
    rc: float,
    pc: float,
    separation: float,
    nearest: bool,
) -> tuple[float, float, int]:
    """Return the range and the power of the reported echo of three rays, and its main ray.

    Each ray has a range, meters, and a power; a ray that hits nothing is at `FAR`. An echo begins
    at one of them and has those up to `separation` behind it.
    """
    sa, sb, sc = _signal(ra, pa), _signal(rb, pb), _signal(rc, pc)
    start = min(ra, rb, rc)
    last = max(ra if ra < FAR else 0.0, rb if rb < FAR else 0.0, rc if rc < FAR else 0.0)
    if last > start + separation and not nearest:
        best = _within(ra, ra, sa, separation) + _within(ra, rb, sb, separation)
        best += _within(ra, rc, sc, separation)
        start = ra
        for lead in (rb, rc):
            signal = _within(lead, ra, sa, separation) + _within(lead, rb, sb, separation)
            signal += _within(lead, rc, sc, separation)
            if signal > best or (signal == best and lead < start):
                best, start = signal, lead
    sa, sb, sc = (
        _within(start, ra, sa, separation), _within(start, rb, sb, separation),
        _within(start, rc, sc, separation),
    )  # fmt: skip
    power = _within(start, ra, pa, separation) + _within(start, rb, pb, separation)
    power += _within(start, rc, pc, separation)
    total = sa + sb + sc
    main = 0 if (sa >= sc) & (ra < FAR) else 2
    main = 1 if (sb >= sa) & (sb >= sc) & (rb < FAR) else main
    if total == 0:
        return start, power, 0 if ra == start else 1 if rb == start else 2
    behind = sa * (ra - start) + sb * (rb - start) + sc * (rc - start)
    return start + behind / total, power, main


@step
def _signal(distance: float, power: float) -> float:
    return power / (distance * distance)


@step
def _within(start: float, distance: float, value: float, separation: float) -> float:
    """Return a value of a ray, or zero if the ray is not part of the echo from `start`."""
    return value if (start <= distance) & (distance <= start + separation) else 0.0
