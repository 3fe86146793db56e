using System.Globalization;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Numbers as people read them: three significant digits and a unit.</summary>
internal static class Figures
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A number with three significant digits, such as 0.0123, 1.23, 123 or 12300.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value) || value == 0)
            return value.ToString("0", CultureInfo.InvariantCulture);
        int decimals = Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 9);
        return value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
    }

    /// <summary>An error, such as 1.2e-7.</summary>
    public static string Error(double value) =>
        value == 0 ? "0" : value.ToString("0.0e-0", CultureInfo.InvariantCulture);

    /// <summary>A time in the unit that suits it.</summary>
    public static string Time(double milliseconds) => milliseconds switch
    {
        >= 1000 => $"{Number(milliseconds / 1000)} s",
        < 1 => $"{Number(milliseconds * 1000)} µs",
        _ => $"{Number(milliseconds)} ms",
    };

    /// <summary>A number of bytes in the unit that suits it.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < ByteUnits.Length - 1; unit++)
            value /= 1024;
        return unit == 0 ? $"{bytes} B" : $"{Number(value)} {ByteUnits[unit]}";
    }
}
