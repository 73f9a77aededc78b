extension Double {
    /// The number as Python's `repr` writes it: the fewest digits that read back as this number, with an exponent only
    /// below 1e-04 and from 1e+16 on.
    internal var pythonRepresentation: String {
        guard isFinite else { return isNaN ? "NaN" : self < 0 ? "-Infinity" : "Infinity" }
        guard self != 0 else { return sign == .minus ? "-0.0" : "0.0" }
        let sign = self < 0 ? "-" : ""
        let (digits, point) = magnitude.shortestDigits
        switch point {
        case -3...0:
            return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)"
        case 1...16 where point >= digits.count:
            return "\(sign)\(digits)\(String(repeating: "0", count: point - digits.count)).0"
        case 1...16:
            return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
        default:
            let exponent = (point - 1).magnitude
            let fraction = digits.count > 1 ? ".\(digits.dropFirst())" : ""
            return
                "\(sign)\(digits.prefix(1))\(fraction)e\(point > 0 ? "+" : "-")\(exponent < 10 ? "0" : "")\(exponent)"
        }
    }

    /// The number as 0.`digits` times ten to the power of `point`. Swift finds the same digits as Python, there being only
    /// one shortest and closest answer, but changes to an exponent elsewhere.
    private var shortestDigits: (digits: String, point: Int) {
        let parts = description.split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = mantissa[0]
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        let digits = (whole + fraction).drop { $0 == "0" }
        let leadingZeros = whole.count + fraction.count - digits.count
        let trailingZeros = digits.reversed().prefix { $0 == "0" }.count
        return (String(digits.dropLast(trailingZeros)), whole.count - leadingZeros + exponent)
    }
}
