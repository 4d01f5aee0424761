import Foundation
public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a stage is given: a folder to read, a folder to write, a seed and a generation.
public struct StageFolder: Sendable, Hashable {
  /// Read-only.
  public let input: String
  public let output: String
  public let seed: UInt64
  /// From 1; 0 where the baseline answers canaries.
  public let generation: Int

  public init(input: String, output: String, seed: UInt64 = 0, generation: Int = 1) {
    self.input = input
    self.output = output
    self.seed = seed
    self.generation = generation
  }

  /// Takes `PAWL_INPUT`, `PAWL_OUTPUT`, `PAWL_SEED` (0 where missing) and `PAWL_GENERATION` (1 where missing).
  ///
  /// Throws `.input` where a folder is not named or is none, `.setting` for a number that is none.
  public init(environment: [String: String]) throws(StagesError) {
    func folder(_ name: String) throws(StagesError) -> String {
      guard let path = environment[name], !path.isEmpty else {
        throw StagesError(.input, "`\(name)` is not set", hints: ["set it to a folder, as `pawl run` does for a stage"])
      }
      guard Self.isFolder(path) else {
        throw StagesError(
          .input, "`\(name)` names `\(path)`, which is no folder", hints: ["make it: `mkdir -p \(path)`"])
      }
      return path
    }
    func number<Number: FixedWidthInteger>(_ name: String, _ fallback: Number, least: Number) throws(StagesError)
      -> Number
    {
      guard let text = environment[name] else { return fallback }
      guard let value = Number(text), value >= least else {
        throw StagesError(.setting, "`\(name)` is `\(text)`", hints: ["it is a whole number from \(least)"])
      }
      return value
    }
    self.init(
      input: try folder("PAWL_INPUT"), output: try folder("PAWL_OUTPUT"),
      seed: try number("PAWL_SEED", 0, least: 0), generation: try number("PAWL_GENERATION", 1, least: 0))
  }

  /// The path of a file that is read.
  public func read(_ name: String) -> String { input + "/" + name }
  /// The path of a file that is written.
  public func written(_ name: String) -> String { output + "/" + name }
  /// Whether the folder that is read has a file of that name.
  public func has(_ name: String) -> Bool { access(read(name), F_OK) == 0 }
  /// The names in the folder that is read, sorted.
  public func names() throws(StagesError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: input).sorted()
    } catch {
      throw StagesError(.input, "cannot list `\(input)`", hints: ["see that this user may read it"], cause: error)
    }
  }

  /// Returns `recipe.json`.
  public func recipe() throws(StagesError) -> GenerationRule {
    let path = read("recipe.json")
    do {
      return try JSONDecoder().decode(GenerationRule.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw StagesError(
        .input, "`\(path)` is no recipe of a generation",
        hints: ["it is written by `pawl run`; see that the folder named by `PAWL_INPUT` is a stage's"], cause: error)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
