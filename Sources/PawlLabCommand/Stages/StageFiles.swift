#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlCore
import PawlDocuments
import PawlReferee
import PawlStages

/// What a stage of the lab reads and writes, with the lab's own errors.
struct StageFiles {
  let folder: StageFolder
  /// `recipe.json`; the defaults where there is none.
  let rule: GenerationRule?

  /// - Parameter values: of the environment.
  init(_ values: [String: String]) throws(LabError) {
    (folder, rule) = try described { () throws(StagesError) in
      let folder = try StageFolder(environment: values)
      return (folder, folder.has("recipe.json") ? try folder.recipe() : nil)
    }
  }

  /// The path of the model that a stage asks.
  func model() throws(LabError) -> String {
    let path = folder.read("model")
    guard fileExists(path) else {
      throw LabError(.cannotRun, "there is no `\(path)`", hints: ["`pawl-lab stage train` leaves a model"])
    }
    return path
  }

  /// The objects of a file of JSON Lines, each with the number of its line.
  static func objects(_ path: String) throws(LabError) -> [(number: Int, value: JSONValue)] {
    guard let bytes = readFile(path, limit: 1 << 30) else {
      throw LabError(
        .cannotRun, "cannot read `\(path)`: \(reason(errno))", hints: ["see that the file is there and readable"])
    }
    var objects: [(number: Int, value: JSONValue)] = []
    for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      guard let value = try? JSONValue(reading: Array(line)), value.isObject else {
        throw LabError(
          .cannotRun, "line \(index + 1) of `\(path)` is no JSON object",
          hints: ["each line is one JSON object; a last line that is cut short was not written to its end"])
      }
      objects.append((index + 1, value))
    }
    return objects
  }

  /// Writes lines to a file that appears whole or not at all.
  func write(_ lines: [JSONValue], to name: String) throws(LabError) {
    try Self.write(lines, path: folder.written(name))
  }

  static func write(_ lines: [JSONValue], path: String) throws(LabError) {
    var bytes: [UInt8] = []
    for line in lines {
      line.write(to: &bytes)
      bytes.append(0x0a)
    }
    let whole = bytes
    try described { () throws(DocumentsError) in
      let writer = try DocumentWriter(path: path)
      try writer.write(bytes: whole)
      try writer.finish()
    }
  }
}

/// Calls `body`, and turns what it throws into an error of the lab.
func described<Value, Failure: DescribedError>(_ body: () throws(Failure) -> Value) throws(LabError) -> Value {
  do { return try body() } catch { throw LabError(.cannotRun, error.message, hints: error.hints) }
}

/// The documents of a file.
func documents(_ path: String) throws(LabError) -> [Document] {
  try described { () throws(DocumentsError) in try DocumentReader.all(path: path) }
}
