using System.Reflection;
using System.Text;
using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>
/// The rescaling step of the online softmax, on the accumulators of a warp in their own registers, skipped where no row of the warp has a
/// new maximum.
/// </summary>
/// <remarks>
/// A branch around a product in C# would merge two copies of all accumulators; this one merges none. Skipping changes no bits, since the
/// factor of an unchanged maximum is exactly 1.
/// </remarks>
internal static class RowRescale
{
    private static readonly string[] _rows = ["Upper.First", "Upper.Second", "Lower.First", "Lower.Second"];

    /// <summary>
    /// state·2^(newer − older), row by row; what is of no row stays. The kernel must not use the state that it gives afterwards: its
    /// registers are changed.
    /// </summary>
    /// <typeparam name="TState">A struct whose fields say of which row their numbers are (<see cref="RowsBelowAttribute"/>).</typeparam>
    /// <param name="state">The accumulators, nothing of it a constant.</param>
    /// <param name="older">For each row the exponent that the state has.</param>
    /// <param name="newer">For each row the exponent that it is to have; infinite ones may stay so.</param>
    [IntrinsicImplementation]
    public static TState Apply<TState>(TState state, TileRows older, TileRows newer) => throw CudaOnly.Refusal;

    /// <summary>state·factors, row by row, of 16 rows; nothing happens where all factors of the warp are 1.</summary>
    /// <typeparam name="TState">As of <see cref="Apply"/>, which takes the state's registers too.</typeparam>
    /// <param name="state">The accumulators, nothing of it a constant.</param>
    /// <param name="factors">For each row its factor.</param>
    [IntrinsicImplementation]
    public static TState Scale<TState>(TState state, RowPair factors) => throw CudaOnly.Refusal;

    private static void ScalePtx(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var body = new PtxBody(generator, call);
        var text = new StringBuilder("""
            .reg .pred changed;
            .reg .b32 lanes;
            setp.neu.f32 changed, $factors.First, 0f3F800000;
            setp.neu.or.f32 changed, $factors.Second, 0f3F800000, changed;
            vote.sync.ballot.b32 lanes, changed, 0xffffffff;
            setp.eq.u32 changed, lanes, 0;

            """);
        text.Append(null, $"@changed bra {body.Label};\n");
        foreach ((string field, int row) in Numbers(call))
            text.Append(null, $"mul.f32 $state.{field}, $state.{field}, $factors.{(row == 0 ? "First" : "Second")};\n");
        body.WriteInPlace("state", text.Append(null, $"{body.Label}:").ToString());
    }

    private static void ApplyPtx(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        (string Field, int Row)[] numbers = Numbers(call);
        int[] rows = [.. numbers.Select(number => number.Row).Distinct().Order()];
        var body = new PtxBody(generator, call);
        var text = new StringBuilder("""
            .reg .pred changed;
            .reg .b32 lanes;
            .reg .f32 factor<4>;

            """);
        foreach ((int index, int row) in rows.Index())
        {
            string comparison = index == 0 ? "setp.neu.f32 changed, {0}, {1};\n" : "setp.neu.or.f32 changed, {0}, {1}, changed;\n";
            text.AppendFormat(null, comparison, $"$older.{_rows[row]}", $"$newer.{_rows[row]}");
        }

        text.Append("vote.sync.ballot.b32 lanes, changed, 0xffffffff;\nsetp.eq.u32 changed, lanes, 0;\n");
        text.Append(null, $"@changed bra {body.Label};\n");
        foreach (int row in rows)
        {
            text.Append(null, $"sub.f32 factor{row}, $newer.{_rows[row]}, $older.{_rows[row]};\n");
            text.Append(null, $"ex2.approx.ftz.f32 factor{row}, factor{row};\n");
            text.Append(null, $"setp.eq.f32 changed, $older.{_rows[row]}, $newer.{_rows[row]};\n");
            text.Append(null, $"selp.f32 factor{row}, 0f3F800000, factor{row}, changed;\n");
        }

        foreach ((string field, int row) in numbers)
            text.Append(null, $"mul.f32 $state.{field}, $state.{field}, factor{row};\n");
        body.WriteInPlace("state", text.Append(null, $"{body.Label}:").ToString());
    }

    private static (string Field, int Row)[] Numbers(Value call) =>
        [.. IntrinsicCall.Primitives(new IntrinsicCall(call).TypeOf("state")).Where(IsOfRow).Select(Number)];

    private static bool IsOfRow(IReadOnlyList<FieldInfo> way) => way.All(field => field.IsDefined(typeof(RowsBelowAttribute)));

    private static (string Field, int Row) Number(IReadOnlyList<FieldInfo> way) => (
        string.Join('.', way.Select(field => field.Name)), way.Sum(field => field.GetCustomAttribute<RowsBelowAttribute>()!.Rows));
}
