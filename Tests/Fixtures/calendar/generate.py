#!/usr/bin/env python3
"""Makes the fixtures of Tests/ReconcilerTests/Calendar: what others say about when schedules fire.

    python3 -m venv venv && venv/bin/pip install croniter==7.0.0 tzdata==2026.6
    PYTHONTZPATH= venv/bin/python generate.py            # needs systemd-analyze too

Written once and committed; run it again only to ask something new. It prints nothing but what it wrote.

Oracles, none of which shares code or data structures with Plumb:

- zones.txt     the compiled zones of the Python package `tzdata`, as they are, so that the tests do not depend on
                the tzdata of the machine that they run on.
- firings.txt   for every zone of the IANA database, 2020 to 2035: number and hash of all firings of several
                expressions. Which times of the wall clock an expression means is croniter's word, asked in naive
                time only, because croniter is wrong around changes of the clock: it leaves times out, repeats them,
                or moves them by an hour (see its issues on DST). Which instants those are is the word of Python's
                zoneinfo. The policies (skip, runAtEnd, once, twice) are applied here, from the definition in
                docs/operating/schedules-calendar.md.
- cron.txt      random cron expressions and their next times on a naive clock, by croniter.
- calendar.txt  OnCalendar expressions and their next times in UTC, by systemd-analyze; or that it refuses them.

Expressions with `W` are left out of cron.txt (croniter takes `15W` for the nearest weekday, but has neither `LW` nor
wrapped ranges of days with it); so are both days restricted where one of them begins with `*`, in which croniter
follows another rule than crontab(5) unless it is told to.
"""
import base64
import hashlib
import importlib.resources
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from croniter import croniter

FIRST, LAST = 2020, 2036
BEGIN = datetime(FIRST, 1, 1, tzinfo=timezone.utc)
END = datetime(LAST, 1, 1, tzinfo=timezone.utc)
EPOCH = datetime(1970, 1, 1)
MASK = (1 << 64) - 1
SEED = 20261122

# (scope, gap, overlap, hours named?, expression). `all`: from 2020 to 2035; `near`: around each change.
CASES = [
    ("all", "skip", "once", True, "30 2 * * SUN"),
    ("all", "runAtEnd", "twice", True, "30 1 L * *"),
    ("all", "skip", "once", True, "59 59 23 31 12 *"),
    ("near", "skip", "once", True, "*/5 0-4 * * *"),
    ("near", "runAtEnd", "once", True, "*/20 0-4,23 * * *"),
    ("near", "skip", "twice", True, "*/15 0-5 * * *"),
    ("near", "runAtEnd", "twice", True, "7,37 0-6 * * *"),
    ("near", "runAtEnd", "once", False, "*/30 * * * *"),
    ("near", "skip", "twice", False, "15 * * * *"),
]
# How far from a change of the clock `near` goes.
NEAR = 3 * 3_600


def seconds(naive):
    return int((naive - EPOCH).total_seconds())


def wall_times(expression, begin, end):
    """Naive times that croniter gives for an expression."""
    fields = expression.split()
    walker = croniter(
        expression, begin - timedelta(seconds=1), ret_type=datetime, second_at_beginning=len(fields) == 6)
    times = []
    while True:
        time = walker.get_next(datetime)
        if time >= end:
            return times
        times.append(time)


def changes(zone):
    """(instant, seconds ahead before, seconds ahead after) of each change of a zone's clocks."""
    def offset(instant):
        return int(datetime.fromtimestamp(instant, timezone.utc).astimezone(zone).utcoffset().total_seconds())

    found, day = [], 86_400
    begin, end = int(BEGIN.timestamp()) - 2 * day, int(END.timestamp()) + 2 * day
    before = offset(begin)
    for at in range(begin + day, end, day):
        after = offset(at)
        if after == before:
            continue
        low, high = at - day, at
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == before else (low, middle)
        found.append((high, before, after))
        before = after
    return found


def instants(naive, zone):
    """The instants at which clocks of a zone show a time: none, one or two."""
    result = []
    for fold in (0, 1):
        aware = naive.replace(tzinfo=zone, fold=fold)
        instant = aware.astimezone(timezone.utc)
        if instant.astimezone(zone).replace(tzinfo=None) == naive:
            result.append(int(instant.timestamp()))
    return sorted(set(result))


def firings(times, zone, zone_changes, gap, overlap, names_hours):
    result = set()
    for naive in times:
        found = instants(naive, zone)
        if not found:
            if gap == "runAtEnd" and names_hours:
                local = seconds(naive)
                result.update(
                    at for at, before, after in zone_changes if at + before <= local < at + after)
        elif overlap == "twice" or not names_hours:
            result.update(found)
        else:
            result.add(found[0])
    return result


def digest(values):
    state = 0
    for value in values:
        state = (state * 6364136223846793005 + value + 1) & MASK
    return f"{len(values)}:{state:x}"


def case_values(case, zone, zone_changes, all_times, day_times):
    scope, gap, overlap, names_hours, _ = case
    if scope == "all":
        found = firings(all_times, zone, zone_changes, gap, overlap, names_hours)
        return sorted(t for t in found if BEGIN.timestamp() <= t < END.timestamp())
    result = []
    for at, before, _ in zone_changes:
        if not BEGIN.timestamp() <= at < END.timestamp():
            continue
        day = EPOCH + timedelta(days=(at + before) // 86_400 - 2)
        times = [day + timedelta(days=n) + time for n in range(5) for time in day_times]
        found = firings(times, zone, zone_changes, gap, overlap, names_hours)
        result += sorted(t for t in found if at - NEAR <= t < at + NEAR)
    return result


def write_zones():
    names = importlib.resources.files("tzdata").joinpath("zones").read_text().split()
    by_content = {}
    for name in names:
        content = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
        by_content.setdefault(content, []).append(name)
    with open("zones.txt", "w") as file:
        for content, same in by_content.items():
            file.write(f"{','.join(same)} {base64.b64encode(content).decode()}\n")
    return [same[0] for same in by_content.values()]


def write_firings(names):
    all_times = [
        wall_times(c[4], datetime(FIRST, 1, 1) - timedelta(days=2), datetime(LAST, 1, 1) + timedelta(days=2))
        if c[0] == "all" else [] for c in CASES
    ]
    day = datetime(2021, 6, 1)
    day_times = [
        [t - day for t in wall_times(c[4], day, day + timedelta(days=1))] if c[0] == "near" else [] for c in CASES
    ]
    with open("firings.txt", "w") as file:
        for scope, gap, overlap, _, expression in CASES:
            file.write(f"case {scope} {gap} {overlap} {expression}\n")
        for name in names:
            zone = ZoneInfo(name)
            zone_changes = changes(zone)
            values = [
                digest(case_values(case, zone, zone_changes, times, day))
                for case, times, day in zip(CASES, all_times, day_times)
            ]
            file.write(f"{name} {' '.join(values)}\n")


def random_field(dice, low, high, names=None):
    def value():
        number = dice.randint(low, high)
        return names[number - low] if names and dice.random() < 0.3 else str(number)

    def part():
        kind = dice.random()
        if kind < 0.5:
            return value()
        first = dice.randint(low, high - 1)
        last = dice.randint(first + 1, high)
        step = f"/{dice.randint(1, last - first)}" if dice.random() < 0.4 else ""
        return f"{first}-{last}{step}"

    kind = dice.random()
    if kind < 0.35:
        return "*"
    if kind < 0.5:
        return f"*/{dice.randint(2, (high - low) // 2)}"
    return ",".join(part() for _ in range(dice.randint(1, 3)))


def random_days(dice):
    """Day of the month and day of the week; at most one of them begins with `*`/step, and then alone."""
    months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    month = random_field(dice, 1, 12, months)
    kind = dice.random()
    if kind < 0.25:
        return random_field(dice, 1, 28), month, "*"
    if kind < 0.5:
        return "*", month, random_field(dice, 0, 6, days)
    if kind < 0.6:
        return "L", month, "*"
    if kind < 0.7:
        return "*", month, f"{dice.randint(0, 6)}#{dice.randint(1, 5)}"
    if kind < 0.8:
        return "*", month, f"L{dice.randint(0, 6)}"
    return str(dice.randint(1, 28)), month, str(dice.randint(0, 6))


def write_cron():
    dice = random.Random(SEED)
    with open("cron.txt", "w") as file:
        while file.tell() < 60_000:
            day, month, week = random_days(dice)
            fields = [random_field(dice, 0, 59), random_field(dice, 0, 23), day, month, week]
            if dice.random() < 0.2:
                fields.insert(0, random_field(dice, 0, 59))
            begin = datetime(2020, 1, 1) + timedelta(seconds=dice.randint(0, 16 * 365 * 86_400))
            text = " ".join(fields)
            try:
                walker = croniter(
                    text, begin, ret_type=datetime, second_at_beginning=len(fields) == 6,
                    max_years_between_matches=60)
                times = [seconds(walker.get_next(datetime)) for _ in range(8)]
            except Exception as error:
                print(f"croniter refuses {text!r}: {error}", file=sys.stderr)
                continue
            # croniter writes the last weekday as L5.
            if week.startswith("L"):
                text = text[: -len(week)] + week[1:] + "L"
            file.write(f"{text}|{seconds(begin)}|{','.join(map(str, times))}\n")


def calendar_field(dice, low, high):
    def part():
        kind = dice.random()
        if kind < 0.5:
            return str(dice.randint(low, high))
        first = dice.randint(low, high - 1)
        last = dice.randint(first + 1, high)
        if kind < 0.75:
            step = f"/{dice.randint(1, last - first)}" if dice.random() < 0.4 else ""
            return f"{first}..{last}{step}"
        return f"{first}/{dice.randint(1, high - first)}"

    if dice.random() < 0.3:
        return "*"
    return ",".join(part() for _ in range(dice.randint(1, 3)))


def random_calendar(dice):
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    words = []
    if dice.random() < 0.4:
        first = dice.randint(0, 5)
        words.append(dice.choice([
            days[first], f"{days[first]}..{days[dice.randint(first + 1, 6)]}",
            f"{dice.choice(days)},{dice.choice(days)}", dice.choice(["monday", "SUNDAY", "thursday"]),
        ]))
    kind = dice.random()
    if kind < 0.5:
        year = dice.choice(["*", "*", "*", "2026..2040", "2025/3", "2027,2031"])
        words.append(f"{year}-{calendar_field(dice, 1, 12)}-{calendar_field(dice, 1, 28)}")
    elif kind < 0.7:
        words.append(f"*-{calendar_field(dice, 1, 12)}~{calendar_field(dice, 1, 28)}")
    elif kind < 0.8:
        words.append(f"{calendar_field(dice, 1, 12)}-{calendar_field(dice, 1, 28)}")
    if not words or dice.random() < 0.8:
        time = f"{calendar_field(dice, 0, 23)}:{calendar_field(dice, 0, 59)}"
        words.append(time + (f":{calendar_field(dice, 0, 59)}" if dice.random() < 0.3 else ""))
    return " ".join(words)


KNOWN = """minutely|hourly|daily|weekly|monthly|quarterly|semiannually|yearly|annually|biannually|Mon|Mon-Fri|10-15
Mon..Fri 9..17:00/15|*:0/15|*-*~1|*-2~1|Mon *-05~07/1|*-02-29|Mon *-2-29|Mon, 12:00|0/5:00|*-*-31|*:10..50/15:30
Fri..Mon|*/2:00|*-*-*/3|22..2:00|24:00|*:60|*-13-1|*-*-32|2200-1-1|*-*-1/40|*:0/0|Mon Tue|12|tues|Mon..Wed..Fri
*-*~03..01|Monday, Friday|*|*-*~0|1:2:3:4|1-2-3-4|12:00 10:00|*-*-5..2|foo|1969-1-1""".replace("\n", "|").split("|")


def write_calendar():
    dice = random.Random(SEED)
    base = datetime(2026, 11, 22)
    texts = KNOWN + [random_calendar(dice) for _ in range(400)]
    with open("calendar.txt", "w") as file:
        for text in texts:
            run = subprocess.run(
                ["systemd-analyze", "calendar", "--iterations=6", "--base-time=2026-11-22 00:00:00 UTC", text],
                capture_output=True, text=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"})
            times = []
            for line in run.stdout.splitlines():
                head, _, rest = line.strip().partition(": ")
                if (head == "Next elapse" or head.startswith("Iter")) and rest != "never":
                    moment = " ".join(rest.split()[1:3])
                    times.append(seconds(datetime.strptime(moment, "%Y-%m-%d %H:%M:%S")))
            answer = ",".join(map(str, times)) if run.returncode == 0 else "refused"
            file.write(f"{text}|{seconds(base)}|{answer}\n")


if __name__ == "__main__":
    zone_names = write_zones()
    write_firings(zone_names)
    write_cron()
    write_calendar()
    for name in ("zones.txt", "firings.txt", "cron.txt", "calendar.txt"):
        with open(name, "rb") as written:
            content = written.read()
        print(name, len(content), hashlib.sha256(content).hexdigest()[:16])
