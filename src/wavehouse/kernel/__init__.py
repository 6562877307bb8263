"""The ground floor: clock, ids, money, errors, config, telemetry, reference lists.

Nothing here depends on a context; everything above may use it. Import the modules themselves
(``from wavehouse.kernel import clock``): they load nothing that ``--help`` does not need.
"""
