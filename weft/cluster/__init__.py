"""One search, or many, on a dask.distributed cluster that is already there."""
