"""The scene of every rule, by its number."""

from __future__ import annotations

from collections.abc import Callable

from wavehouse.simulation.rules import scenes_bytes, scenes_filters, scenes_identity, scenes_uniques
from wavehouse.simulation.rules.stage import Stage

Scene = Callable[[Stage], None]

SCENES: dict[str, Scene] = {
    "R01": scenes_identity.r01_a_line_read_twice,
    "R02": scenes_identity.r02_any_order,
    "R03": scenes_identity.r03_many_addresses_one_episode,
    "R04": scenes_identity.r04_ipv6_is_its_first_64_bits,
    "R05": scenes_identity.r05_mapped_addresses_are_ipv4,
    "R06": scenes_identity.r06_an_address_that_is_none,
    "R07": scenes_identity.r07_hashing_changes_nothing,
    "R08": scenes_identity.r08_the_full_agent_is_the_key,
    "R09": scenes_filters.r09_only_get_counts,
    "R10": scenes_filters.r10_not_modified_never_counts,
    "R11": scenes_filters.r11_other_statuses_never_count,
    "R12": scenes_bytes.r12_a_200_is_a_candidate,
    "R13": scenes_bytes.r13_a_206_counts_by_reassembly,
    "R14": scenes_bytes.r14_probes_and_strange_ranges,
    "R15": scenes_bytes.r15_status_000,
    "R16": scenes_filters.r16_bots_and_empty_agents,
    "R17": scenes_filters.r17_data_centres_and_vpns,
    "R18": scenes_filters.r18_too_many_agents_behind_one_address,
    "R20": scenes_filters.r20_apple_watch,
    "R21": scenes_filters.r21_nothing_broader_than_the_watch_rule,
    "R22": scenes_filters.r22_malformed_agents,
    "R23": scenes_filters.r23_an_implausible_referrer_is_flagged,
    "R24": scenes_filters.r24_known_preloaders_are_filtered,
    "R25": scenes_filters.r25_before_its_release_it_counts_and_is_flagged,
    "R26": scenes_bytes.r26_header_and_a_minute,
    "R27": scenes_bytes.r27_a_union_of_positions,
    "R28": scenes_bytes.r28_what_was_sent_not_what_was_asked,
    "R29": scenes_bytes.r29_short_episodes_need_everything,
    "R30": scenes_bytes.r30_a_prefix_is_an_estimate,
    "R31": scenes_uniques.r31_bytes_stop_at_midnight,
    "R32": scenes_uniques.r32_of_two_renditions_the_first_counts,
    "R33": scenes_uniques.r33_six_agents_behind_one_address,
    "R34": scenes_uniques.r34_one_per_key_and_day,
    "R40": scenes_uniques.r40_play_pause_play,
    "R41": scenes_uniques.r41_the_first_request_dates_it,
}

EARLY = {"R25"}
"""Rules whose episode is published after the period."""

SHORT = {"R29"}
"""Rules whose episode is shorter than a minute."""
