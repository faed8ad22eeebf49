import Glibc
import KeeperCore

exit(CommandLineInterface.run(CommandLine.arguments))
