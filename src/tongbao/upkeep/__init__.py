"""What has to happen on time: the jobs, their schedule, how their last runs went.

Owns: which job does what and when, the record of each job's last runs, the record of when the laws
were verified and what was found (schema ``upkeep``). The worker runs the jobs; doors show them.
Promises: each job may be stopped, repeated or run twice at once, and does its work once; what a
killed worker left undone is done by the next run. A verification that was asked for is done.
Never: holds a decision that needs a person; decides anything about points or money.
"""
