"""The worker: runs the jobs when it is their time. A door, like the command line.

Owns: the queue in the database, by procrastinate, and who works on it; the calls of webhooks.
Promises: a job that is due is queued once, however many workers there are; one that is under way
is finished before a worker ends. A worker that loses its database looks for it again.
Never: decides what a job does.
"""
