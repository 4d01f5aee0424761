import PawlReferee

/// What a candidate's program finds in its environment: what the lab tells it, and of the user's own all but other attempts' words.
struct CandidateEnvironment {
  var seed: UInt64
  /// The path of the text to learn from.
  var text: String
  var rungName: Int
  var rung: Rung
  /// Where the trained parameters go; nil for nowhere.
  var save: String?

  /// The environment as `NAME=value` lines.
  ///
  /// - Parameter processor: what the system says of its processor, on Linux `/proc/cpuinfo`.
  func lines(from inherited: [String], processor: String) -> [String] {
    let own = ["PAWL_SEED=", "PAWL_RUNG=", "PAWL_SPLIT=", "PAWL_LAB_"]
    var lines = inherited.filter { line in !own.contains { line.hasPrefix($0) } }
    lines += [
      "PAWL_SEED=\(seed)", "PAWL_LAB_TEXT=\(text)", "PAWL_LAB_RUNG=\(rungName)",
      "PAWL_LAB_SIZE=\(rung.depth),\(rung.width),\(rung.heads)", "PAWL_LAB_THREADS=\(rung.threads)",
      "PAWL_LAB_CONTEXT=\(rung.context)", "PAWL_LAB_OPERATIONS=\(rung.budget.operations)",
      "PAWL_LAB_STEPS=\(rung.budget.steps)",
    ]
    if let save { lines.append("PAWL_LAB_SAVE=\(save)") }
    func isUnset(_ name: String) -> Bool { !lines.contains { $0.hasPrefix(name + "=") } }
    if isUnset("OPENBLAS_NUM_THREADS") { lines.append("OPENBLAS_NUM_THREADS=1") }
    if isUnset("SWIFT_BACKTRACE") { lines.append("SWIFT_BACKTRACE=enable=no") }
    // OpenBLAS falls back to its kernels for AVX2 on processors that are newer than itself.
    let features = processor.split(whereSeparator: \.isNewline).first { $0.hasPrefix("flags") } ?? ""
    if isUnset("OPENBLAS_CORETYPE"), features.split(separator: " ").contains("avx512f") {
      lines.append("OPENBLAS_CORETYPE=SkylakeX")
    }
    return lines
  }
}
