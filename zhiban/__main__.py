"""``python -m zhiban``: the same as the ``zhiban`` command."""

from zhiban.cli import main

if __name__ == "__main__":
    main()
