"""One-line advice for what goes wrong while models are fetched."""

from __future__ import annotations

import errno
from pathlib import Path

from zhiban.setup.faults import SetupCode, SetupError


def disk_full(where: Path, needed: int) -> SetupError:
    """Return the error for a full disk; `needed` in bytes."""
    return SetupError(
        f"磁盘空间不足 / disk full: {where}",
        code=SetupCode.DISK_FULL,
        advice=f"腾出至少 {needed // 1_000_000 + 1} MB 后重新运行 / free at least "
        f"{needed // 1_000_000 + 1} MB and run again",
        retryable=True,
    )


def wrong_checksum(title: str, files: tuple[str, ...]) -> SetupError:
    """Return the error for files that are not what their makers published."""
    return SetupError(
        f"{title} 校验失败 / wrong checksum: {', '.join(files)}",
        code=SetupCode.CHECKSUM,
        advice="未安装任何文件;请检查网络代理或镜像后重新运行 / nothing was installed; check your "
        "proxy or mirror and run again",
        retryable=True,
    )


def no_network(title: str, detail: str) -> SetupError:
    """Return the error for a source that cannot be reached."""
    return SetupError(
        f"无法下载 {title} / cannot reach its source: {detail}",
        code=SetupCode.NETWORK,
        advice="检查网络或代理后重新运行 / check network or proxy and run again",
        retryable=True,
    )


def broken_download(title: str, detail: str) -> SetupError:
    """Return the error for a download that ended early or cannot be unpacked."""
    return SetupError(
        f"{title} 下载不完整 / broken download: {detail}",
        code=SetupCode.NETWORK,
        advice="重新运行即可续传 / run again; it resumes where it stopped",
        retryable=True,
    )


def of_os_error(error: OSError, title: str, where: Path, needed: int) -> SetupError:
    """Turn an operating system error met while writing into one with advice."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(where, needed)
    return SetupError(
        f"{title} 无法写入 / cannot write: {where}: {error.strerror or error}",
        code=SetupCode.STEP_FAILED,
        advice="检查目录权限后重新运行 / check the folder's permissions and run again",
    )
