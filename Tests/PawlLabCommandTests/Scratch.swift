import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder that goes when the test is over.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/pawl-lab-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw LabError(.cannotRun, reason(errno)) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { removeFolder(path) }

  /// Writes a file with that name and returns its path.
  @discardableResult
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try writeFile(bytes, to: "\(path)/\(name)")
    return "\(path)/\(name)"
  }

  @discardableResult
  func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

  /// What is in the folder.
  var names: [String] { (fileNames(path) ?? []).sorted() }
}

/// Lines that are easy to learn and have no long run in common.
func easyText(lines: Int = 5000) -> [UInt8] { Array((0..<lines).map { "the \($0)th line is easy\n" }.joined().utf8) }

/// Bytes without a pattern, the same for each seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 33)
  }
}
