using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.MicroKernels;
using ILGPU;
using Xunit;

using Half = System.Half;

namespace AttentionKernels.Tests.Formats;

/// <summary>Rows of blocks of 32 numbers with a scale in each go through every micro-kernel that reads stored rows; none knows the format.</summary>
public class BlockFormatTests(TestDevices devices) : DeviceTests(devices)
{
    // Whole blocks and parts of them; one, two and three vectors of every width behind the last whole one.
    private static readonly int[] _counts = [1, 4, 7, 16, 20, 31, 32, 33, 40, 48, 52, 64, 76, 96, 100, 128, 200];

    [Theory, EachBackend]
    public void Numbers_are_read_by_kernels(Backend backend)
    {
        AttentionDevice device = Device(backend);
        Rows rows = new(seed: 1, rows: 1, units: 40);
        using Tensor<Q80> stored = device.Upload(rows.Stored, [rows.Stored.Length]);
        using var numbers = GuardedTensor<float>.Poisoned(device, [rows.Numbers.Length]);

        device.LoadTileKernel<WidenAll, Arguments>().Run(
            device.DefaultStream, new Arguments(stored.View.Data, numbers.View.Data), rows.Numbers.Length);
        device.Synchronize();

        Assert.Equal(rows.Numbers, numbers.ToArray());
        numbers.Verify();
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Gathered_rows_hold_the_numbers(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(Rows Rows, int Count, int Target)>();
        foreach (int count in _counts)
        {
            Rows rows = new(count, 1 + (count % 5), Units(count) + (count % 2));
            int source = memory.PlaceUnits(rows.Stored);
            int target = memory.PlaceRows(0, rows.Count, count, count);
            memory.OutputRows(target, rows.Count, count, count);
            memory.Call(source, target, memory.PlaceOffsets(rows.Count, rows.Units), count, rows.Count, count);
            calls.Add((rows, count, target));
        }

        float[] after = memory.Run<GatherRows<Q80>>(Device(backend), lanes);

        foreach ((Rows rows, int count, int target) in calls)
        {
            for (int row = 0; row < rows.Count; row++)
                Assert.Equal(rows.Row(row, count), after.AsSpan(target + (row * count), count));
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Gathered_blocks_hold_the_columns(Backend backend, int lanes)
    {
        int width = lanes == 16 ? 8 : 4;
        var memory = new CallMemory();
        var calls = new List<(Rows Rows, int Count, int Target, int Flag)>();
        foreach (int count in _counts)
        {
            Rows rows = new(count, 1 + (count % 5), Units(count) + (count % 2));
            int blocks = (count + width - 1) / width;
            int source = memory.PlaceUnits(rows.Stored);
            int target = memory.PlaceRows(0, blocks, rows.Count * width, rows.Count * width);
            int flag = memory.Output(memory.Place(1f), 1);
            memory.Output(target, blocks * rows.Count * width);
            memory.Call(source, target, flag, memory.PlaceOffsets(rows.Count, rows.Units), rows.Count * width, rows.Count, count);
            calls.Add((rows, count, target, flag));
        }

        float[] after = memory.Run<GatherBlocks<Q80>>(Device(backend), lanes);

        foreach ((Rows rows, int count, int target, int flag) in calls)
        {
            for (int row = 0; row < rows.Count; row++)
            {
                ReadOnlySpan<float> expected = rows.Row(row, count);
                for (int column = 0; column < count; column++)
                    Assert.Equal(expected[column], after[target + (((column / width * rows.Count) + row) * width) + (column % width)]);
            }

            Assert.Equal(0f, after[flag]);
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Products_with_few_rows_agree_with_fp64(Backend backend, int lanes)
    {
        VerifyScores<RowScores<Q80>>(backend, lanes, isListed: true);
        VerifyScores<RowScoresAtStride<Q80>>(backend, lanes, isListed: false);
        var memory = new CallMemory();
        var calls = new List<(Rows Tokens, int Count, int Rows, int Weights, int Outputs)>();
        foreach (int count in _counts)
        {
            Rows tokens = new(count, 1 + (count % 6), Units(count));
            int rows = 1 + (count % 5);
            int source = memory.PlaceUnits(tokens.Stored);
            int weights = memory.PlaceRows(count + 1, rows, tokens.Count, tokens.Count);
            int outputs = memory.Output(memory.PlaceRows(count + 2, 1, rows * count, rows * count), rows * count);
            int offsets = memory.PlaceOffsets(tokens.Count, tokens.Units);
            memory.Call(weights, source, outputs, offsets, tokens.Count, 0, tokens.Count, 1, rows, tokens.Count, count);
            calls.Add((tokens, count, rows, weights, outputs));
        }

        float[] before = memory.Before;
        float[] after = memory.Run<RowOutputs<Q80>>(Device(backend), lanes);

        foreach ((Rows tokens, int count, int rows, int weights, int outputs) in calls)
        {
            for (int element = 0; element < rows * count; element++)
            {
                (int row, int column) = Math.DivRem(element, count);
                var exact = default(ExactSum);
                exact.Add(before[outputs + element]);
                for (int token = 0; token < tokens.Count; token++)
                    exact.Add((double)before[weights + (row * tokens.Count) + token] * tokens.Row(token, count)[column]);
                exact.Verify(after[outputs + element], tokens.Count, $"Output of row {row} and column {column} of {count}");
            }
        }
    }

    private static int Units(int count) => (count + Q80.PerUnit - 1) / Q80.PerUnit;

    private void VerifyScores<TScores>(Backend backend, int lanes, bool isListed)
        where TScores : struct, IMicroKernel
    {
        var memory = new CallMemory();
        var calls = new List<(Rows Tokens, int Count, int Rows, int Queries, int Scores)>();
        foreach (int count in _counts)
        {
            Rows tokens = new(count, 1 + (count % 6), Units(count));
            int rows = 1 + (count % 5);
            int source = memory.PlaceUnits(tokens.Stored);
            int queries = memory.PlaceRows(count + 1, 1, rows * count, rows * count);
            int scores = memory.PlaceRows(count + 2, rows, tokens.Count, tokens.Count);
            memory.OutputRows(scores, rows, tokens.Count, tokens.Count);
            int offsets = memory.PlaceOffsets(tokens.Count, tokens.Units);
            if (isListed)
                memory.Call(queries, source, scores, offsets, tokens.Count, 0, tokens.Count, 1, rows, tokens.Count, count);
            else
                memory.Call(queries, source, scores, tokens.Units, tokens.Count, rows, tokens.Count, count);
            calls.Add((tokens, count, rows, queries, scores));
        }

        float[] after = memory.Run<TScores>(Device(backend), lanes);

        foreach ((Rows tokens, int count, int rows, int queries, int scores) in calls)
        {
            for (int element = 0; element < rows * tokens.Count; element++)
            {
                (int row, int token) = Math.DivRem(element, tokens.Count);
                var exact = default(ExactSum);
                for (int index = 0; index < count; index++)
                    exact.Add((double)after[queries + (row * count) + index] * tokens.Row(token, count)[index]);
                exact.Verify(after[scores + element], count, $"Score of row {row} and token {token} of {count}");
            }
        }
    }

    internal readonly record struct Arguments(ArrayView<Q80> Stored, ArrayView<float> Numbers);

    internal readonly struct WidenAll : ITileKernel<Arguments>
    {
        public static void Run(Arguments arguments, long tile, ArrayView<float> scratch) =>
            arguments.Numbers[tile] = Q80.Widen(arguments.Stored[tile / Q80.PerUnit], (int)(tile % Q80.PerUnit));
    }

    /// <summary>Rows of random bytes under random scales, and the numbers that they stand for, which fp32 holds exactly.</summary>
    private sealed class Rows
    {
        public Rows(int seed, int rows, int units)
        {
            (Count, Units) = (rows, units);
            Stored = new Q80[rows * units];
            Numbers = new float[Stored.Length * Q80.PerUnit];
            var random = new Random(seed);
            Span<byte> bytes = MemoryMarshal.AsBytes(Stored.AsSpan());
            random.NextBytes(bytes);
            for (int unit = 0; unit < Stored.Length; unit++)
            {
                // From subnormal numbers on, of both signs.
                var scale = (Half)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-18, 4)));
                Span<byte> block = bytes.Slice(unit * Unsafe.SizeOf<Q80>(), Unsafe.SizeOf<Q80>());
                MemoryMarshal.Write(block, scale);
                for (int index = 0; index < Q80.PerUnit; index++)
                    Numbers[(unit * Q80.PerUnit) + index] = (float)scale * (sbyte)block[sizeof(ushort) + index];
            }
        }

        public int Count { get; }

        /// <summary>Units from a row to the next.</summary>
        public int Units { get; }

        public Q80[] Stored { get; }

        public float[] Numbers { get; }

        public ReadOnlySpan<float> Row(int row, int count) => Numbers.AsSpan(row * Units * Q80.PerUnit, count);
    }
}
