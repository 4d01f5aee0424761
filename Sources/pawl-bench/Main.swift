#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the scripts in `benchmarks/` cannot do in a shell; nobody else needs it.
@main
struct Main {
  static let usage = """
    usage: pawl-bench events FOLDER                     the journal's events, one line each
           pawl-bench make-journal REPOSITORY TRIALS    a study of simulated trials, as if killed in mid-flight
           pawl-bench read-log FOLDER COMMAND           one sandboxed command, its output read and searched
           pawl-bench ratchet STUDIES NULL [RESULTS]    policies beside the ratchet in simulated studies, A/A studies too
           pawl-bench decision TRIALS REPEATS           trials, then the microseconds of one more: median and maximum
           pawl-bench plot-generations FILE.json OUT.svg    figures as lines with their intervals

    """

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      switch (arguments.first, arguments.count) {
      case ("events", 2): try EventTable.print(folder: arguments[1])
      case ("make-journal", 3):
        var maker = try JournalMaker(repository: arguments[1])
        try maker.run(trials: Int(arguments[2]) ?? 0)
      case ("read-log", 3): try LogReading.run(folder: arguments[1], command: arguments[2])
      case ("ratchet", 3...4):
        guard let studies = Int(arguments[1]), let null = Int(arguments[2]), studies > 1, null > 0 else {
          fail(usage, code: 2)
        }
        try RatchetCells.run(studies: studies, nullStudies: null, results: arguments.count > 3 ? arguments[3] : nil)
      case ("decision", 3):
        guard let trials = Int(arguments[1]), let repeats = Int(arguments[2]), trials >= 0 else { fail(usage, code: 2) }
        DecisionTime.run(trials: trials, repeats: repeats)
      case ("plot-generations", 3): try GenerationsPlot.write(from: arguments[1], to: arguments[2])
      default: fail(usage, code: 2)
      }
    } catch {
      fail("error: \(error)\n", code: 1)
    }
  }

  private static func fail(_ text: String, code: Int32) -> Never {
    _ = text.utf8CString.withUnsafeBytes { write(2, $0.baseAddress, $0.count - 1) }
    exit(code)
  }

  /// Returns the most memory that this process ever had resident, in KiB.
  static func peakResidentKiB() -> Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        .split { $0 == " " || $0 == "\t" || $0 == "\n" }
      if words.first == "VmHWM:", words.count > 1 { return Int(words[1]) ?? 0 }
    }
    return 0
  }
}
