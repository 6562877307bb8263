"""The ground floor: clock, ids, money, errors, config, telemetry, reference lists.

Nothing here knows a context; everything above may use it. Import the rooms themselves
(``from wavehouse.kernel import clock``): they load nothing that a ``--help`` would not need.
"""
