"""What can go wrong in set-up, as one typed error with one line of advice."""

from __future__ import annotations

from enum import Enum


class SetupCode(str, Enum):  # noqa: UP042 - runs before Python 3.11 is known to be there
    """Stable codes of set-up failures."""

    PYTHON_MISSING = "python_missing"
    INSTALLER_MISSING = "installer_missing"
    INSTALL_FAILED = "install_failed"
    NETWORK = "network"
    CHECKSUM = "checksum"
    DISK_FULL = "disk_full"
    BUSY = "busy"
    PORT_BUSY = "port_busy"
    BAD_ADDRESS = "bad_address"
    TRAINING_FAILED = "training_failed"
    STEP_FAILED = "step_failed"
    MISSING_FILE = "missing_file"


class SetupError(Exception):
    """A set-up step that cannot go on.

    Args:
        message: one line: what is wrong.
        code: stable identifier.
        advice: one line: what to do about it.
        retryable: whether running the same command again may succeed unchanged.
    """

    def __init__(
        self, message: str, *, code: SetupCode, advice: str = "", retryable: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.advice = advice
        self.retryable = retryable

    def __str__(self) -> str:
        """Return what is wrong and what to do, on one line."""
        return f"{self.message} → {self.advice}" if self.advice else self.message


_SIGNS: tuple[tuple[SetupCode, tuple[str, ...], str], ...] = (
    (
        SetupCode.DISK_FULL,
        ("no space left on device", "errno 28", "os error 28", "disk quota exceeded"),
        "磁盘已满：清出空间后重新运行 / free some disk space and run again",
    ),
    (
        SetupCode.CHECKSUM,
        ("hash mismatch", "do not match the hashes", "computed:"),
        "下载内容与锁文件校验值不符：检查镜像源后重试 / the download does not match the lock's "
        "checksum; check the package index in use and try again",
    ),
    (
        SetupCode.NETWORK,
        (
            "failed to fetch",
            "connection refused",
            "timed out",
            "temporary failure in name resolution",
            "dns error",
            "network is unreachable",
            "error sending request",
            "connection reset",
            "connection error",
            "max retries exceeded",
        ),
        "连不上 PyPI：检查网络或代理后重试 / PyPI cannot be reached; check network or proxy and "
        "try again",
    ),
)


def explain(output: str, what: str) -> SetupError:
    """Turn a failed tool's output into an error with advice.

    Args:
        output: everything the tool printed.
        what: the step, named for people.
    """
    lowered = output.lower()
    for code, signs, advice in _SIGNS:
        if any(sign in lowered for sign in signs):
            return SetupError(
                f"{what}失败 / failed: {_last_words(output)}",
                code=code,
                advice=advice,
                retryable=code is not SetupCode.CHECKSUM,
            )
    return SetupError(
        f"{what}失败 / failed: {_last_words(output)}",
        code=SetupCode.INSTALL_FAILED,
        advice="重新运行同一命令；若仍失败请附上以上输出 / run the same command again; if it "
        "fails again, report the output",
        retryable=True,
    )


def _last_words(output: str) -> str:
    """Return the line that says most: the first error line, else the last one printed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for line in lines:
        if line.lower().startswith(("error", "× ", "caused by")):
            return line[:200]
    return lines[-1][:200] if lines else "no output"
