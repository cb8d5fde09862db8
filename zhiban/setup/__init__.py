"""Set-up: from a bare machine to running environments.

``bootstrap`` and what it imports (``faults``, ``progress``, ``pythons``, ``stamps``,
``environments``) use the standard library only and run on older Pythons too, because they run
before any dependency exists. The rest of the folder runs in the environment they make.
"""
