import PawlConfiguration
import PawlCore
import PawlRuntime

/// The one place that turns errors of all modules into text and exit codes.
enum ErrorText {
  static func render(_ error: any Error, colour: Bool) -> String {
    var text = Ink.bad.paint("error:", colour) + " \(message(of: error))\n"
    var hints = (error as? any DescribedError)?.hints ?? []
    var cause = (error as? any DescribedError)?.cause
    while let present = cause {
      text += "  because \(message(of: present))\n"
      hints += (present as? any DescribedError)?.hints ?? []
      cause = (present as? any DescribedError)?.cause
    }
    var seen: Set<String> = []
    let unique = hints.filter { seen.insert($0).inserted }
    if !unique.isEmpty {
      text += "\n" + unique.map { Ink.strong.paint("hint:", colour) + " \($0)\n" }.joined()
    }
    return text
  }

  private static func message(of error: any Error) -> String {
    (error as? any DescribedError)?.message ?? "\(error)"
  }

  static func exitCode(of error: any Error) -> Int32 {
    switch error {
    case is UsageError, is ConfigurationError: 2
    case let error as RuntimeError where error.code == .usage: 2
    default: StudyRun.isHeldByAnother(error) ? 4 : 1
    }
  }
}
