import PawlCLI

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@main
struct Main {
  static func main() {
    exit(Program.run(Array(CommandLine.arguments.dropFirst()), console: .standard()))
  }
}
