"""Ten hand-written lines of a log, and how each of them counts.

    python examples/01_own_log.py [FOLDER]

Writes a feed, the facts of its one audio file and ten log lines of yesterday into FOLDER (default:
``own-log``), then runs the commands of docs/guides/own-log.md on them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
AUDIO = "https://media.example.com/first.mp3"

FEED = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0">
  <channel>
    <title>Ten Lines</title>
    <link>https://example.com/</link>
    <description>One episode, to count by hand.</description>
    <language>en</language>
    <podcast:guid>5a4b0f1e-6c1d-5e0a-9a57-0f0b5d7a1c01</podcast:guid>
    <item>
      <title>The first episode</title>
      <guid isPermaLink="false">ten-lines-1</guid>
      <pubDate>Mon, 05 Oct 2026 06:00:00 GMT</pubDate>
      <enclosure url="{AUDIO}" length="6100000" type="audio/mpeg"/>
    </item>
  </channel>
</rss>
"""

# 100,000 bytes of tags and artwork, then ten minutes at 10,000 bytes a second: the first minute is
# complete once 100,000 + 60 x 10,000 = 700,000 bytes have arrived.
MEDIA = {AUDIO: {"bytes": 6_100_000, "header_bytes": 100_000, "duration_ms": 600_000}}

APPLE = "AppleCoreMedia/1.0.0.22A3370 (iPhone; U; CPU OS 18_0 like Mac OS X; en_us)"
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
SPOTIFY = "Spotify/8.9.90 iOS/18.0 (iPhone15,2)"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def line(
    time: str,
    address: str,
    agent: str,
    bytes_sent: int,
    *,
    method: str = "GET",
    path: str = "/first.mp3",
    status: int = 200,
    asked: str = "-",
    sent: str = "-",
) -> str:
    """A line of the extended combined format (docs/guides/logs.md)."""
    return (
        f"{address} - - [{YESTERDAY:%d/%b/%Y}:{time} +0000] "
        f'"{method} {path} HTTP/1.1" {status} {bytes_sent} "-" "{agent}" '
        f'"{asked}" "{sent}" "media.example.com"'
    )


LOG = [
    # 1: the whole file: a download
    line("08:00:00", "203.0.113.10", APPLE, 6_100_000),
    # 2: the same listener again on the same UTC day: still one
    line("11:30:00", "203.0.113.10", APPLE, 6_100_000),
    # 3 and 4: two overlapping parts, together 900,000 different bytes: a download
    line(
        "09:00:00",
        "203.0.113.20",
        OVERCAST,
        500_000,
        status=206,
        asked="bytes=0-499999",
        sent="bytes 0-499999/6100000",
    ),
    line(
        "09:01:00",
        "203.0.113.20",
        OVERCAST,
        500_000,
        status=206,
        asked="bytes=400000-899999",
        sent="bytes 400000-899999/6100000",
    ),
    # 5: aborted after 300,000 bytes: less than a minute
    line("09:30:00", "203.0.113.30", OVERCAST, 300_000),
    # 6: another app at the first listener's address: a separate listener
    line("10:00:00", "203.0.113.10", SPOTIFY, 6_100_000),
    # 7: only checked whether the file exists
    line("10:05:00", "203.0.113.40", APPLE, 0, method="HEAD"),
    # 8: a search engine
    line("10:10:00", "203.0.113.50", BOT, 6_100_000),
    # 9: a player's probe of two bytes
    line(
        "10:15:00",
        "203.0.113.60",
        APPLE,
        2,
        status=206,
        asked="bytes=0-1",
        sent="bytes 0-1/6100000",
    ),
    # 10: a file that belongs to no episode
    line("10:20:00", "203.0.113.70", APPLE, 5_000, path="/jingle.mp3"),
]


def write(folder: Path) -> None:
    """The three files of the example."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "feed.xml").write_text(FEED, encoding="utf-8")
    (folder / "media.json").write_text(json.dumps(MEDIA, indent=2) + "\n", encoding="utf-8")
    (folder / "access.log").write_text("\n".join(LOG) + "\n", encoding="utf-8")


def wavehouse(*words: str) -> None:
    """Run a command of the product and show it."""
    print(f"\n$ wavehouse {' '.join(words)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "wavehouse", "--quiet", *words], check=False)
    if done.returncode not in {0, 3}:
        sys.exit(done.returncode)


def main() -> None:
    """Write the files, read them, and show what was counted and why."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "own-log")
    write(folder)
    day = f"{YESTERDAY:%Y-%m-%d}"
    feed, media, log = (str(folder / n) for n in ("feed.xml", "media.json", "access.log"))
    wavehouse("ingest", "feed", feed, "--media", media)
    wavehouse("ingest", "logs", log)
    wavehouse("requests", "--from", day, "--to", day)
    wavehouse("downloads", "--from", day, "--to", day, "--by", "app")
    wavehouse("ingest", "logs", log)


if __name__ == "__main__":
    main()
