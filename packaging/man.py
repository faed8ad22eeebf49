#!/usr/bin/env python3
"""Makes the man pages out of what the program says of itself: man.py PLUMB DIRECTORY

One page for the program and one for each command: plumb.1, plumb-status.1, ...
"""

import json
import os
import subprocess
import sys


def escaped(text):
    """Text as roff takes it literally: no escape of its own, no line that begins as a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def option_names(argument):
    value = "" if argument["kind"] == "flag" else " \\fI%s\\fR" % escaped(argument.get("valueName", "value"))
    names = sorted(argument.get("names", []), key=lambda name: name["kind"] != "short")
    words = [("-" if name["kind"] == "short" else "--") + name["name"] for name in names]
    return ", ".join("\\fB%s\\fR" % escaped(word) for word in words) + value


def synopsis(path, command):
    words = ["\\fB%s\\fR" % escaped(" ".join(path))]
    arguments = [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]
    if any(argument["kind"] != "positional" for argument in arguments):
        words.append("[\\fIoptions\\fR]")
    for argument in arguments:
        if argument["kind"] == "positional":
            name = "\\fI%s\\fR%s" % (escaped(argument["valueName"]), " ..." if argument["isRepeating"] else "")
            words.append("[%s]" % name if argument["isOptional"] else name)
    if shown(command):
        words.append("\\fIcommand\\fR")
    return " ".join(words)


def shown(command):
    return [sub for sub in command.get("subcommands", []) if sub.get("shouldDisplay", True) and sub["commandName"] != "help"]


def described(argument):
    text = argument.get("abstract", "")
    default = argument.get("defaultValue")
    if default and "efault" not in text:
        text += " Default: %s." % default
    return escaped(text)


def page(path, command, version):
    name = "-".join(path)
    lines = [
        '.TH "%s" "1" "" "plumb %s" "Plumb"' % (escaped(name.upper()), escaped(version)),
        ".SH NAME",
        "%s \\- %s" % (escaped(name), escaped(command.get("abstract", "").rstrip("."))),
        ".SH SYNOPSIS",
        synopsis(path, command),
    ]
    if command.get("discussion"):
        lines.append(".SH DESCRIPTION")
        lines.append(escaped(command["discussion"]).replace("\n\n", "\n.PP\n"))
    arguments = [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]
    for title, kinds in (("ARGUMENTS", ("positional",)), ("OPTIONS", ("option", "flag"))):
        chosen = [argument for argument in arguments if argument["kind"] in kinds]
        if not chosen:
            continue
        lines.append(".SH " + title)
        for argument in chosen:
            head = "\\fI%s\\fR" % escaped(argument["valueName"]) if title == "ARGUMENTS" else option_names(argument)
            lines += [".TP", head, described(argument)]
    if shown(command):
        lines.append(".SH COMMANDS")
        for sub in shown(command):
            lines += [".TP", "\\fB%s\\fR(1)" % escaped("-".join(path + [sub["commandName"]])), escaped(sub.get("abstract", ""))]
    lines += [
        ".SH EXIT STATUS",
        ".TP", "0", "Nothing to do, or done.",
        ".TP", "1", "\\fBplumb diff\\fR alone: a commit would change what runs.",
        ".TP", "2", "Wrong usage, and every other error.",
        ".TP", "3", "The manifests are invalid.",
    ]
    if len(path) > 1:
        lines += [".SH SEE ALSO", "\\fBplumb\\fR(1)"]
    return name, "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, directory = sys.argv[1:]
    told = json.loads(subprocess.check_output([program, "--experimental-dump-help"]))["command"]
    version = subprocess.check_output([program, "version"], text=True).split()[-1]
    os.makedirs(directory, exist_ok=True)
    pages = [page([told["commandName"]], told, version)]
    pages += [page([told["commandName"], sub["commandName"]], sub, version) for sub in shown(told)]
    for name, text in pages:
        with open(os.path.join(directory, name + ".1"), "w") as file:
            file.write(text)


main()
