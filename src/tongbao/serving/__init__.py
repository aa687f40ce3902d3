"""The service: the API, its pages and the worker, in the processes of one command.

Owns: which requests go where, the processes and their lives, the port.
Promises: whoever was answered was served; told to end it takes nothing new, answers what it has
taken, and ends; a process that dies is replaced, one that has lost its parent ends.
Never: knows a route or a job; decides anything.
"""
