internal import Foundation

/// Numbers for people: three digits that matter, and a unit that fits.
enum Quantity {
    /// `1,234,567`
    static func count(_ count: Int) -> String {
        var groups: [Substring] = []
        var rest = "\(count)"[...]
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        return ([rest] + groups).joined(separator: ",")
    }

    /// `12.3 µs`, `1.23 ms`
    static func time(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        // What would be written as 1000 of a unit is 1.00 of the next.
        let unit = units.last { seconds >= 0.9995 * $0.seconds } ?? units[0]
        return "\(number(seconds / unit.seconds)) \(unit.name)"
    }

    /// A number a second: whole where it is large.
    static func rate(_ rate: Double) -> String {
        rate < 99.95 ? number(rate) : count(Int(rate.rounded()))
    }

    /// `1.23`, `12.3`, `123`
    static func number(_ number: Double) -> String {
        String(format: "%.\(number < 9.995 ? 2 : number < 99.95 ? 1 : 0)f", number)
    }

    /// `1 connection`, `2 connections`
    static func count(_ number: Int, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    private static let units: [(name: String, seconds: Double)] = [("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1)]
}
