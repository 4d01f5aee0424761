import Foundation
import PawlCore
import PawlDocuments
public import PawlDrift

/// Holds what a model wrote against real documents and against the last generation's, and says whether a person must look.
///
/// Each file is read once and sampled on the way, in memory that does not grow with it. It reads `real.jsonl`, `kept.jsonl` (else
/// `made.jsonl`), and where they are `last-kept.jsonl` and `released.json`: a `watch.json` that a person looked at and let pass.
public enum WatchStage {
  /// Reads a stage's folder, writes `watch.json`, and returns what it says; an alarm is no failure.
  @discardableResult
  public static func run(_ folder: StageFolder, bounds: Watch.Bounds = Watch.Bounds()) throws -> Watch {
    let rule = try folder.recipe().watch
    guard folder.has("real.jsonl") else { throw missing("real.jsonl", folder) }
    let made = folder.has("kept.jsonl") ? "kept.jsonl" : "made.jsonl"
    guard folder.has(made) else { throw missing("kept.jsonl", folder) }
    let last = folder.has("last-kept.jsonl") ? "last-kept.jsonl" : nil
    let watch = try Watch.measure(
      real: try sample("real.jsonl", 2 * bounds.texts, folder, salt: 1),
      made: try sample(made, bounds.texts, folder, salt: 2),
      last: try last.map { try sample($0, bounds.texts, folder, salt: 3) }, rule: rule, bounds: bounds,
      released: try released(folder), seed: folder.seed)
    try StageReport.write(watch, to: folder.written("watch.json"))
    return watch
  }

  private static func sample(_ name: String, _ size: Int, _ folder: StageFolder, salt: UInt64) throws -> [String] {
    let reader = try DocumentReader(path: folder.read(name), name: name)
    var reservoir = Reservoir<String>(size: size, seed: folder.seed &+ salt)
    while let document = try reader.next() { reservoir.offer { document.text } }
    return reservoir.items
  }

  private static func released(_ folder: StageFolder) throws -> [Watch.Reading] {
    guard folder.has("released.json") else { return [] }
    let path = folder.read("released.json")
    do {
      return try JSONDecoder().decode(Watch.self, from: Data(contentsOf: URL(fileURLWithPath: path))).readings
    } catch {
      throw StagesError(
        .input, "`\(path)` is no watch", hints: ["put a `watch.json` there, as this stage writes it"], cause: error)
    }
  }

  private static func missing(_ name: String, _ folder: StageFolder) -> StagesError {
    StagesError(
      .input, "`\(folder.read(name))` is missing", hints: ["`PAWL_INPUT` needs `real.jsonl` and `kept.jsonl` to watch"])
  }
}

/// A few of many things, each as likely as any, taken as they pass by (Vitter 1985, algorithm R).
struct Reservoir<Item> {
  private(set) var items: [Item] = []
  private(set) var offered = 0
  private let size: Int
  private var generator: SeededGenerator

  init(size: Int, seed: UInt64) {
    self.size = max(0, size)
    generator = SeededGenerator(seed: seed)
  }

  /// Takes the next thing or passes it over; only what is taken is made.
  mutating func offer(_ item: () -> Item) {
    offered += 1
    guard items.count == size else {
      items.append(item())
      return
    }
    let place = Int(generator.unit() * Double(offered))
    if place < size { items[place] = item() }
  }
}

/// A value as a file of JSON that is there whole or not at all.
enum StageReport {
  static func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let writer = try DocumentWriter(path: path)
    try writer.write(bytes: Array(encoder.encode(value)) + [0x0a])
    try writer.finish()
  }
}
