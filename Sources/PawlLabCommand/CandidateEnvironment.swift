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
  /// The parameters to load instead of training; nil to train.
  var load: String? = nil

  /// The environment as `NAME=value` lines.
  func lines(from inherited: [String]) -> [String] {
    let own = ["PAWL_SEED=", "PAWL_RUNG=", "PAWL_SPLIT=", "PAWL_LAB_"]
    // Which loops the library takes is the machine's affair and not the study's.
    let kept = "PAWL_LAB_KERNELS="
    var lines = inherited.filter { line in line.hasPrefix(kept) || !own.contains { line.hasPrefix($0) } }
    lines += [
      "PAWL_SEED=\(seed)", "PAWL_LAB_TEXT=\(text)", "PAWL_LAB_RUNG=\(rungName)",
      "PAWL_LAB_SIZE=\(rung.depth),\(rung.width),\(rung.heads)", "PAWL_LAB_THREADS=\(rung.threads)",
    ]
    if let save { lines.append("PAWL_LAB_SAVE=\(save)") }
    if let load { lines.append("PAWL_LAB_LOAD=\(load)") }
    if !lines.contains(where: { $0.hasPrefix("SWIFT_BACKTRACE=") }) { lines.append("SWIFT_BACKTRACE=enable=no") }
    return lines
  }
}
