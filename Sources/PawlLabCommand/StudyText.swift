#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee

/// The text of a study as a run finds it: checked again, because what is learnt and what judges must have nothing in common.
struct StudyText {
  /// The path of the text to learn from.
  let training: String
  /// The text that judges.
  let heldOut: [UInt8]

  /// Bytes of a `train.swift` above which it is not a program that someone wrote.
  static let largestSource = 256 << 10
  /// Runs of held-out text from so many bytes on are refused in a `train.swift`.
  static let longestQuote = 48
  /// More than `init` ever writes into one file.
  static let largestPart = 2 * TextSample.largest

  /// Reads the text of the study in `folder` and checks it, and a candidate's source against it.
  init(folder: String, split: TextPart, source: [UInt8]) throws(LabError) {
    var parts: [TextPart: [UInt8]] = [:]
    for part in TextPart.allCases { parts[part] = try Self.read("\(folder)/\(part.file)") }
    try Self.checkSource(source, parts)
    let known = TextOverlap(parts[.train] ?? [])
    for part in TextPart.heldOut {
      try Self.refuse(known.ranges(in: parts[part] ?? []), of: part, in: .train)
    }
    try Self.refuse(TextOverlap(parts[.sealed] ?? []).ranges(in: parts[.search] ?? []), of: .search, in: .sealed)
    training = "\(folder)/\(TextPart.train.file)"
    heldOut = parts[split] ?? []
  }

  private static func read(_ path: String) throws(LabError) -> [UInt8] {
    guard let bytes = readFile(path, limit: largestPart + 1) else {
      throw LabError(
        .cannotRun, "cannot read the text `\(path)`: \(reason(errno))", hints: ["make a study with `pawl-lab init DIR`"]
      )
    }
    guard bytes.count <= largestPart else {
      throw LabError(
        .cannotRun, "the text `\(path)` has more than the `\(largestPart)` bytes of a study", hints: restore)
    }
    return bytes
  }

  private static func refuse(_ ranges: [Range<Int>], of part: TextPart, in other: TextPart) throws(LabError) {
    guard let first = ranges.first else { return }
    let bytes = ranges.reduce(0) { $0 + $1.count }
    throw LabError(
      .cannotRun,
      "`\(other.file)` contains `\(bytes)` bytes of the held-out text `\(part.file)`, the first at byte `\(first.lowerBound)`",
      hints: restore)
  }

  private static var restore: [String] {
    ["`data/` is frozen: bring it back with `git checkout HEAD -- data`, or make a new study with `pawl-lab init DIR`"]
  }

  private static func checkSource(_ source: [UInt8], _ parts: [TextPart: [UInt8]]) throws(LabError) {
    guard source.count <= largestSource else {
      throw LabError(
        .cannotRun, "`train.swift` has more than `\(largestSource)` bytes",
        hints: ["a candidate states a model and how it learns; what it learns comes from the training text"])
    }
    let quotes = TextOverlap(source, window: longestQuote, stride: 1)
    for part in TextPart.heldOut {
      let ranges = quotes.ranges(in: parts[part] ?? [])
      if ranges.isEmpty { continue }
      let bytes = ranges.reduce(0) { $0 + $1.count }
      throw LabError(
        .cannotRun, "`train.swift` quotes `\(bytes)` bytes of the held-out text `\(part.file)`",
        hints: ["take the text out of it: it may learn from `\(TextPart.train.file)` alone"])
    }
  }
}
