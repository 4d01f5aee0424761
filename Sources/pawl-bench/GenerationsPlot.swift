import Foundation
import PawlCore
import PawlReport

/// Draws figures of a benchmark, line by line with their intervals, from a plain description:
///
///     {"title": "…", "hint": "↓ lower is better", "x": "generation", "y": "bits per byte", "note": "…", "log": false, "zero": false,
///      "series": [{"name": "ours", "points": [[0, 1.9, 1.8, 2.0], [1, 1.8]], "ink": "good", "main": true, "dashed": false}],
///      "lines": [{"name": "floor", "y": 0.95, "ink": "soft"}]}
///
/// A point is x, y and, where it is known, the low and the high end of its interval. Only `series` must be there.
enum GenerationsPlot {
  struct BadFigures: Error, CustomStringConvertible {
    let description: String
  }

  static func write(from file: String, to picture: String, width: Int = 960, height: Int = 480) throws {
    let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
    guard let value = JSONValue(text), value.isObject else {
      throw BadFigures(description: "`\(file)` is no JSON object")
    }
    try Data(plot(value).svg(width: width, height: height).utf8).write(to: URL(fileURLWithPath: picture))
  }

  private static func plot(_ value: JSONValue) throws -> LinePlot {
    guard let series = value["series"]?.array, !series.isEmpty else {
      throw BadFigures(description: "`series` is missing or empty")
    }
    let (y, hint) = (value["y"]?.string, value["hint"]?.string)
    var plot = LinePlot(
      title: value["title"]?.string ?? y ?? "",
      hint: [value["title"] == nil ? nil : y, hint].compactMap(\.self).joined(separator: ", "),
      xTitle: value["x"]?.string ?? "", note: value["note"]?.string ?? "",
      lines: try series.enumerated().map { try line($0.element, at: $0.offset) })
    plot.levels = try (value["lines"]?.array ?? []).map { level in
      guard let y = level["y"]?.double else { throw BadFigures(description: "a line of `lines` has no number `y`") }
      return .init(name: level["name"]?.string ?? "", y: y, ink: try ink(of: level) ?? .soft)
    }
    plot.isLogarithmic = value["log"]?.boolean ?? false
    plot.isFitted = !(value["zero"]?.boolean ?? false)
    return plot
  }

  /// Where no ink is named, each line has the next one; more lines than inks are dashed.
  private static func line(_ value: JSONValue, at place: Int) throws -> LinePlot.Line {
    let name = value["name"]?.string ?? ""
    let inks = LinePlot.Ink.allCases
    var line = LinePlot.Line(
      name: name, ink: try ink(of: value) ?? inks[place % inks.count],
      isDashed: value["dashed"]?.boolean ?? (place >= inks.count), isMain: value["main"]?.boolean ?? false, points: [])
    for point in value["points"]?.array ?? [] {
      guard let figures = point.array, (2...4).contains(figures.count), let x = figures[0].double else {
        throw BadFigures(description: "a point of `\(name)` is not `[x, y]` or `[x, y, low, high]`")
      }
      // What was not measured is null, and leaves a gap in nothing but the points.
      guard let y = figures[1].double else { continue }
      line.points.append((x, y))
      if figures.count == 4, let low = figures[2].double, let high = figures[3].double {
        line.band.append((x, low, high))
      }
    }
    line.points.sort { $0.x < $1.x }
    line.band.sort { $0.x < $1.x }
    return line
  }

  private static func ink(of value: JSONValue) throws -> LinePlot.Ink? {
    guard let name = value["ink"]?.string else { return nil }
    guard let ink = LinePlot.Ink(rawValue: name) else {
      let known = LinePlot.Ink.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      throw BadFigures(description: "no ink is called `\(name)`: \(known)")
    }
    return ink
  }
}
