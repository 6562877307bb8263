"""One device with gPodder's own engine, without its windows, as a separate program.

It reads commands as lines of JSON and responds to each with one line. It does what gPodder's
windows do with the engine, in the same order: play an episode, apply received subscriptions, look
up an episode. The engine (GPL-3) comes from Debian's package through PYTHONPATH and is not part of
this repository; its home is GPODDER_HOME.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import gpodder
from gpodder import config, dbsqlite, model, my, util


class NoExtensions:
    """Replaces gPodder's plug-ins: there are none."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def make_directory(path: str) -> bool:
    """Replaces gPodder's function, which needs the desktop's library."""
    Path(path).mkdir(parents=True, exist_ok=True)
    return True


class Complaints(logging.Handler):
    """Collects the errors that the engine reports; it raises none."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(f"{record.getMessage()} {record.exc_info or ''}".strip())


class Device:
    """An engine with its podcasts, and its client of the protocol."""

    def __init__(self) -> None:
        self.complaints = Complaints()
        logging.getLogger("gpodder").addHandler(self.complaints)
        gpodder.user_extensions = NoExtensions()
        util.make_directory = make_directory
        make_directory(gpodder.home)
        self.database = dbsqlite.Database(gpodder.database_file)
        self.model = model.Model(self.database)
        self.config = config.Config(gpodder.config_file)

    def sign_in(self, server: str, username: str, password: str, device: str) -> None:
        mygpo = self.config.mygpo
        mygpo.server, mygpo.username, mygpo.password = server, username, password
        mygpo.device.uid, mygpo.device.caption = device, f"gPodder on {device}"
        mygpo.enabled = True
        self.client = my.MygPoClient(self.config)
        self.client.create_device()

    def subscribe(self, url: str) -> None:
        self.model.load_podcast(url, create=True)
        self.client.on_subscribe([url])

    def unsubscribe(self, url: str) -> None:
        for podcast in [p for p in self.model.get_podcasts() if p.url == url]:
            podcast.delete()
        self.client.on_unsubscribe([url])

    def play(self, url: str, start: int, end: int, total: int, ago: int = 0) -> None:
        """Play an episode, ``ago`` seconds before now, as if the device had been offline."""
        episode, at = self._episode(url), int(time.time()) - ago
        episode.total_time, episode.current_position = total, end
        episode.current_position_updated = at
        episode.mark(is_played=True)
        episode.save()
        self.client.on_playback_full(episode, start, end, total)
        for action in self.client._store.load(my.EpisodeAction, episode_url=url):
            if ago and action.position == end:
                self.client._store.update(action, timestamp=at)

    def delete(self, url: str) -> None:
        self.client.on_delete([self._episode(url)])

    def sync(self) -> None:
        """Do what "flush" does in the background; then apply received changes."""
        self.client._worker_proc(forced=True)
        received = self.client.get_received_actions()
        known = {podcast.url: podcast for podcast in self.model.get_podcasts()}
        for action in received:
            if action.is_add and action.url not in known:
                self.model.load_podcast(action.url, create=True)
            elif action.is_remove and action.url in known:
                known[action.url].delete()
        self.client.confirm_received_actions(received)
        self.client.process_episode_actions(self._find)
        self.database.commit()

    def state(self) -> dict[str, Any]:
        return {
            "version": gpodder.__version__,
            "enabled": bool(self.config.mygpo.enabled),
            "subscriptions": sorted(podcast.url for podcast in self.model.get_podcasts()),
            "positions": {
                episode.url: episode.current_position
                for podcast in self.model.get_podcasts()
                for episode in podcast.get_all_episodes()
                if episode.current_position
            },
            "waiting": len(self.client._store.load(my.EpisodeAction))
            + len(self.client._store.load(my.SubscribeAction)),
            "complaints": self.complaints.told,
        }

    def _find(self, podcast_url: str, episode_url: str) -> Any:
        for podcast in self.model.get_podcasts():
            if podcast.url == podcast_url:
                for episode in podcast.get_all_episodes():
                    if episode.url == episode_url:
                        return episode
        return None

    def _episode(self, url: str) -> Any:
        return next(
            episode
            for podcast in self.model.get_podcasts()
            for episode in podcast.get_all_episodes()
            if episode.url == url
        )


def main() -> None:
    """Execute commands until the input ends."""
    device = Device()
    for line in sys.stdin:
        name, arguments = json.loads(line)
        answer = getattr(device, name)(**arguments)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
