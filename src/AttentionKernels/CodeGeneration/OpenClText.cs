using System.Globalization;
using AttentionKernels.MicroKernels;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Types;
using ILGPU.Util;

namespace AttentionKernels.CodeGeneration;

/// <summary>What the OpenCL bodies of the intrinsics share: operands as text, results declared, statements written.</summary>
internal static class OpenClText
{
    /// <summary>
    /// Lanes of the vectors of bodies that are not compiled for an <see cref="IVectorWidth"/>: those of AVX2. Without AVX-512,
    /// PoCL's compiler prints a warning for every kernel that passes wider ones to a function.
    /// </summary>
    public const int RowLanes = 8;

    /// <summary>The operand as an OpenCL C expression. Constants come as objects without a C spelling of their own.</summary>
    public static string Operand(CLCodeGenerator generator, Value value) => generator.Load(value) switch
    {
        VariableAllocator.ConstantVariable { Value: var constant } when constant.BasicValueType == BasicValueType.Float32 =>
            Literal(constant.Float32Value),
        VariableAllocator.ConstantVariable { Value: var constant } => constant.Int64Value.ToString(CultureInfo.InvariantCulture),
        var variable => variable.ToString(),
    };

    /// <summary>All operands of a call.</summary>
    public static string[] Operands(CLCodeGenerator generator, Value call) =>
        [.. Enumerable.Range(0, call.Count).Select(index => Operand(generator, call[index]))];

    /// <summary>A number as an OpenCL C literal, to the last bit.</summary>
    public static string Literal(float value) => $"as_float(0x{BitConverter.SingleToUInt32Bits(value):X8}u)";

    /// <summary>A statement that assigns to <paramref name="result"/> the sum of a vector's lanes, halves added to halves, plus a summand.</summary>
    public static string Sum(string result, string vector, int lanes, string summand) =>
        Fold(vector, lanes, (low, high) => $"{low} + {high}", last => $"{result} = {last} + {summand};");

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
        Fold(vector, lanes, (low, high) => $"fmax({low}, {high})", last => $"{result} = {last};");

    private static string Fold(string vector, int lanes, Func<string, string, string> join, Func<string, string> assign) => lanes == 2
        ? $"{{ {assign($"({join($"{vector}.x", $"{vector}.y")})")} }}\n"
        : $"{{ const float{lanes / 2} h{lanes} = {join($"{vector}.lo", $"{vector}.hi")}; {Fold($"h{lanes}", lanes / 2, join, assign)} }}\n";

    /// <summary>The OpenCL name of the address space that a pointer operand lies in.</summary>
    public static string AddressSpace(Value pointer) => ((AddressSpaceType)pointer.Type).AddressSpace switch
    {
        MemoryAddressSpace.Global => "global",
        MemoryAddressSpace.Shared => "local",
        MemoryAddressSpace.Local => "private",
        _ => "",
    };

    /// <summary>Writes <c>result = expression;</c> and declares the result.</summary>
    public static void Assign(CLCodeGenerator generator, Value call, string expression)
    {
        VariableAllocator.Variable target = generator.Allocate(call);
        generator.Declare(target);
        Statement(generator, $"{target} = {expression}");
    }

    /// <summary>Writes one statement, or a block without its final semicolon.</summary>
    public static void Statement(CLCodeGenerator generator, string text)
    {
        using CLCodeGenerator.StatementEmitter statement = generator.BeginStatement((RawString)text);
    }
}
