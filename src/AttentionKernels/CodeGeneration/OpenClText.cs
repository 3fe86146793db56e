namespace AttentionKernels.CodeGeneration;

/// <summary>Pieces of OpenCL C that the bodies of the intrinsics share.</summary>
internal static class OpenClText
{
    /// <summary>
    /// Lanes of the vectors of bodies that are not compiled for a vector type: those of AVX2. Without AVX-512,
    /// PoCL's compiler prints a warning for every kernel that passes wider ones to a function.
    /// </summary>
    public const int RowLanes = 8;

    /// <summary>A number as an OpenCL C literal, to the last bit.</summary>
    public static string Literal(float value) => $"as_float(0x{BitConverter.SingleToUInt32Bits(value):X8}u)";

    /// <summary>A statement that assigns to <paramref name="result"/> the sum of a vector's lanes, halves added to halves, plus a
    /// summand.</summary>
    public static string Sum(string result, string vector, int lanes, string summand) =>
        Fold(vector, lanes, (low, high) => $"{low} + {high}", last => $"{result} = {last} + {summand};") + "\n";

    /// <summary>
    /// Statements that declare float4 <paramref name="result"/> with the sums of the lanes of four vectors: cheaper than four times
    /// <see cref="Sum"/>, and in another order.
    /// </summary>
    public static string Sums(string result, int lanes, params ReadOnlySpan<string> vectors)
    {
        string text = string.Empty;
        for (int index = 0; index < vectors.Length; index++)
        {
            string vector = vectors[index];
            for (int width = lanes; width > 4; width /= 2)
            {
                string half = $"{result}_{index}_{width}";
                text += $"const float{width / 2} {half} = {vector}.lo + {vector}.hi;\n";
                vector = half;
            }

            text += $"const float4 {result}_{index} = {vector};\n";
        }

        return text + $"""
            const float8 {result}_01 = (float8)({result}_0, {result}_1), {result}_23 = (float8)({result}_2, {result}_3);
            const float8 {result}_all = (float8)({result}_01.even + {result}_01.odd, {result}_23.even + {result}_23.odd);
            const float4 {result} = {result}_all.even + {result}_all.odd;

            """;
    }

    /// <summary>A statement that assigns to <paramref name="result"/> the largest of a vector's lanes.</summary>
    public static string Largest(string result, string vector, int lanes) =>
        Fold(vector, lanes, (low, high) => $"fmax({low}, {high})", last => $"{result} = {last};") + "\n";

    private static string Fold(string vector, int lanes, Func<string, string, string> join, Func<string, string> assign) => lanes == 2
        ? assign($"({join($"{vector}.x", $"{vector}.y")})")
        : $"{{ const float{lanes / 2} h{lanes} = {join($"{vector}.lo", $"{vector}.hi")}; {Fold($"h{lanes}", lanes / 2, join, assign)} }}";
}
