import PawlCore

/// The page that a researcher opens in the morning.
public enum StudyReport {
  /// Returns one self-contained HTML file: inline style, script and plot; nothing is loaded from anywhere.
  public static func html(_ input: ReportInput) -> String {
    let title = "\(input.configuration.name) · Pawl report".escaped
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
      </head><body><h1>\(title)</h1>
      \(ProgressPlot.svg(input, width: 1120, height: 480))
      </body></html>

      """
  }
}
