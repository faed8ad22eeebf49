#!/usr/bin/env python3
"""Prints the copyright file of the package: of Plumb, and of everything that is linked into it: copyright.py TOP"""

import glob
import os
import re
import sys


def main():
    top = sys.argv[1]
    print("This package is built from the repository of Plumb, by packaging/debian/build.sh.\n")
    own = sorted(glob.glob(os.path.join(top, "LICENSE*")))
    if own:
        print(open(own[0]).read().strip() + "\n")
    else:
        print("Copyright: The Plumb authors. The repository grants no licence yet: ask them before you pass it on.\n")
    print("Linked into its programs are the following, each under its own licence. Swift's standard library, its\n"
          "concurrency runtime, Foundation and what they bring are those of the toolchain, under the Apache License 2.0\n"
          "with the Runtime Library Exception (https://swift.org/LICENSE.txt). The Apache License, Version 2.0, is in\n"
          "/usr/share/common-licenses/Apache-2.0.")
    apache = []
    for path in sorted(glob.glob(os.path.join(top, ".build", "checkouts", "*"))):
        name = os.path.basename(path)
        texts = sorted(glob.glob(os.path.join(path, "LICENSE*")))
        text = open(texts[0]).read() if texts else ""
        if re.search(r"Apache License\s+Version 2\.0", text):
            apache.append(name)
        else:
            print(f"\n{name}:\n\n{text.strip()}")
    print("\nUnder the Apache License, Version 2.0:\n")
    for name in apache:
        print("  " + name)
    print("\nswift-crypto and swift-nio-ssl contain BoringSSL, which has parts of OpenSSL (Copyright The OpenSSL Project\n"
          "and Eric Young) under the OpenSSL licence, and parts of Google's under the ISC licence.")


main()
