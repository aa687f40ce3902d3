"""The worker: runs on time what nobody should have to remember. A door, like the command line.

Owns: the schedule (queue in the database, by procrastinate).
Promises: each job may be stopped, repeated or run twice at once, and does its work once.
Never: holds a decision that needs a person.
"""
