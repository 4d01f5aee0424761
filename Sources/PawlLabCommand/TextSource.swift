#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// Where the text of a study comes from.
enum TextSource: Equatable, Sendable {
  case packaged(PackagedText)
  case file(String)

  /// Returns the text, or of a long one a sample, and a line that says which it is.
  func read() throws(LabError) -> (bytes: [UInt8], words: String) {
    switch self {
    case .file(let path): return try TextSample.read(path)
    case .packaged(let text):
      let (bytes, words) = try TextSample.of(text.read())
      return (bytes, "\(text.title): \(words)")
    }
  }
}

/// A free text that Debian packages.
enum PackagedText: String, CaseIterable, Sendable {
  case bible, webster, foldoc, jargon, fortunes

  var title: String {
    switch self {
    case .bible: "the King James Bible"
    case .webster: "Webster's dictionary of 1913, in the edition of GCIDE"
    case .foldoc: "the Free On-line Dictionary of Computing"
    case .jargon: "the Jargon File"
    case .fortunes: "the fortune cookies"
    }
  }

  /// The Debian package that has it.
  var package: String {
    switch self {
    case .bible: "bible-kjv"
    case .webster: "dict-gcide"
    case .foldoc: "dict-foldoc"
    case .jargon: "dict-jargon"
    case .fortunes: "fortunes"
    }
  }

  static var hints: [String] {
    let names = allCases.map { "`\($0.rawValue)` (\($0.package))" }.joined(separator: ", ")
    return [
      "the texts, and the Debian packages that have them, are \(names)", "`--data FILE` takes a text of your own",
    ]
  }

  init(named name: String) throws(LabError) {
    guard let text = PackagedText(rawValue: name) else {
      throw LabError(.usage, "`\(name)` is not a text that the lab knows", hints: Self.hints)
    }
    self = text
  }

  /// More than any of them has; what is longer is not the text.
  private static let limit = 64 << 20

  /// Returns the whole text.
  ///
  /// - Parameter root: the folder that `/` stands for.
  func read(root: String = "") throws(LabError) -> [UInt8] {
    let bytes: [UInt8]
    switch self {
    case .bible: bytes = Self.withoutReferences(try verses())
    case .webster: bytes = try dictionary("gcide", root)
    case .foldoc: bytes = try dictionary("foldoc", root)
    case .jargon: bytes = try dictionary("jargon", root)
    case .fortunes: bytes = try fortunes(root + "/usr/share/games/fortunes")
    }
    guard bytes.count >= TextSplit.smallest else { throw missing("has only `\(bytes.count)` bytes") }
    return bytes
  }

  /// The verses of the Bible, each with its place before it.
  func verses() throws(LabError) -> [UInt8] { try output(of: "bible", ["-f", "gen1:1-rev22:21"]) }

  /// A database of the dict server: compressed in pieces, which `gzip` reads as one.
  private func dictionary(_ name: String, _ root: String) throws(LabError) -> [UInt8] {
    let path = "\(root)/usr/share/dictd/\(name).dict.dz"
    guard fileExists(path) else { throw missing("is not there: no `\(path)`") }
    return try output(of: "gzip", ["-dc", path])
  }

  /// The files of the folder in the order of their names, without the indexes beside them.
  private func fortunes(_ folder: String) throws(LabError) -> [UInt8] {
    let names = (fileNames(folder) ?? []).filter { !$0.contains(".") }.sorted()
    guard !names.isEmpty else { throw missing("is not there: nothing in `\(folder)`") }
    return names.flatMap { readFile("\(folder)/\($0)", limit: Self.limit) ?? [] }
  }

  private func output(of name: String, _ arguments: [String]) throws(LabError) -> [UInt8] {
    let program: String
    do throws(LabError) { program = try findProgram(name) } catch { throw missing("needs the program `\(name)`") }
    let (ending, bytes) = try ChildProcess.output(program, arguments, seconds: 120, limit: Self.limit)
    guard ending.succeeded else { throw missing("cannot be read: `\(program)` \(ending.words)") }
    return bytes
  }

  private func missing(_ words: String) -> LabError {
    LabError(
      .cannotRun, "the text `\(rawValue)` \(words)",
      hints: ["install it with `apt-get install \(package)`", "`--data FILE` takes a text of your own"])
  }

  /// Drops what stands before the first space of each line: book, chapter and verse.
  static func withoutReferences(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var inReference = true
    for byte in bytes {
      if !inReference || byte == 0x0a { result.append(byte) }
      if byte == 0x0a { inReference = true } else if byte == 0x20 { inReference = false }
    }
    return result
  }
}

/// Returns the names in a folder, in no order; nil when it cannot be read.
func fileNames(_ folder: String) -> [String]? {
  guard let entries = opendir(folder) else { return nil }
  defer { closedir(entries) }
  var names: [String] = []
  while let entry = readdir(entries) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}
