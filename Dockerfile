# motiondata in a container, for CPUs:
#   docker build --tag motiondata .
# and with CUDA, for builds with --device cuda and for trainings; the host needs NVIDIA's driver and
# container toolkit, and CUDA comes with the packages:
#   docker build --tag motiondata:cuda --build-arg EXTRAS=gpu,ray,remote,tables,train,view,webdataset .
#
# Datasets are read and written in /data:
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/data" motiondata demo demo
#   docker run --rm --gpus all --volume "$PWD:/data" motiondata:cuda doctor
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE cli.py ./
COPY commands commands
COPY motiondata motiondata
COPY pipelines pipelines
COPY shards shards
ARG EXTRAS=ray,remote,tables,view,webdataset
RUN python -m venv /opt/motiondata \
 && /opt/motiondata/bin/pip install --no-cache-dir --constraint constraints.txt ".[${EXTRAS}]"

FROM python:3.11-slim
COPY --from=build /opt/motiondata /opt/motiondata
# Kernels are compiled at the first use; any user may keep them in /cache. A user of --user has no name
# and no home in the container, and packages ask for both.
ENV PATH=/opt/motiondata/bin:$PATH NUMBA_CACHE_DIR=/cache HOME=/cache USER=motiondata \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN mkdir -m 1777 /cache /data
WORKDIR /data
ENTRYPOINT ["motiondata"]
CMD ["--help"]
