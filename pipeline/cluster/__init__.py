"""Many machines, on Dask distributed: an extra, `pip install impressie[cluster]`.

Dask says which machine does which task, and notices when one is gone. It keeps nothing that matters: a task is a
stage of a webinar, done by a child process of the worker under the webinar's lease; what comes back is the hash of
the receipt that it left. Scheduler, workers and driver may be killed and started again at any moment.

Whoever is let in may have the others run any code, which is how Dask works: so they all show a certificate.
"""
