import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@main
struct Main {
  static func main() { exit(LabCommand.main(Array(CommandLine.arguments.dropFirst()))) }
}
