"""The worker: runs on time what nobody should have to remember. A door, like the command line.

Owns: the schedule (queue in the database, by procrastinate), the record of each job's last runs
(schema ``worker``).
Promises: each job may be stopped, repeated or run twice at once, and does its work once; what a
killed worker left undone is done by the next run.
Never: holds a decision that needs a person; decides anything about points or money.
"""
