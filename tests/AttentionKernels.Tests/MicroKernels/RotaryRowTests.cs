using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>Pairs turn to the bit, in every number of them around the edges of vectors, at every alignment, in place too; what lies behind them stays.</summary>
[Trait("Speed", "Quick")]
public class RotaryRowTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly (int Pairs, int Behind, int Heads, int Gap)[] _shapes =
    [
        .. Enumerable.Range(1, 40).Select(pairs => (pairs, pairs % 4, (pairs % 3) + 1, pairs % 5)),
        (64, 0, 4, 0), (64, 3, 2, 1), (48, 32, 3, 0),
    ];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Half_split_pairs_turn(Backend backend, int lanes)
    {
        Verify<RotaryHalfSplit<StoredFp32, CachedStore>>(backend, lanes, (pair, pairs) => (pair, pair + pairs));
        Verify<RotaryHalfSplit<StoredFp32, NonTemporalStore>>(backend, lanes, (pair, pairs) => (pair, pair + pairs));
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Interleaved_pairs_turn(Backend backend, int lanes)
    {
        Verify<RotaryInterleaved<StoredFp32, CachedStore>>(backend, lanes, (pair, _) => (2 * pair, (2 * pair) + 1));
        Verify<RotaryInterleaved<StoredFp32, NonTemporalStore>>(backend, lanes, (pair, _) => (2 * pair, (2 * pair) + 1));
    }

    private void Verify<TMicroKernel>(Backend backend, int lanes, Func<int, int, (int First, int Second)> elementsOf)
        where TMicroKernel : struct, IMicroKernel
    {
        var memory = new CallMemory();
        var calls = new List<(int Cosine, int Sine, int Target)>();
        foreach ((int pairs, int rest, int heads, int gap) in _shapes)
        {
            int dimension = (2 * pairs) + rest;
            int cosine = memory.Place(RandomData.Normal(pairs, pairs));
            int sine = memory.Place(RandomData.Normal(pairs + 1, pairs));
            int row = memory.PlaceRows(pairs + 2, heads, dimension + 1, dimension);
            int target = memory.PlaceRows(pairs + 3, heads, dimension + gap, dimension);
            memory.OutputRows(target, heads, dimension + gap, dimension);
            memory.Call(row, cosine, sine, target, dimension + 1, dimension + gap, heads, pairs, dimension);
            int own = memory.PlaceRows(pairs + 2, heads, dimension + 1, dimension);
            memory.OutputRows(own, heads, dimension + 1, dimension);
            memory.Call(own, cosine, sine, own, dimension + 1, dimension + 1, heads, pairs, dimension);
            calls.Add((cosine, sine, target));
            calls.Add((cosine, sine, own));
        }

        float[] before = memory.Before;
        float[] after = memory.Run<TMicroKernel>(Device(backend), lanes);

        for (int call = 0; call < calls.Count; call++)
        {
            (int pairs, int rest, int heads, int gap) = _shapes[call / 2];
            (int cosine, int sine, int target) = calls[call];
            int dimension = (2 * pairs) + rest;
            int own = calls[(call / 2 * 2) + 1].Target;
            int stride = dimension + (call % 2 == 0 ? gap : 1);
            for (int head = 0; head < heads; head++)
            {
                // Both rows held the same.
                ReadOnlySpan<float> row = before.AsSpan(own + (head * (dimension + 1)), dimension);
                ReadOnlySpan<float> rotated = after.AsSpan(target + (head * stride), dimension);
                for (int pair = 0; pair < pairs; pair++)
                {
                    (int first, int second) = elementsOf(pair, pairs);
                    (float a, float b, float c, float s) = (row[first], row[second], before[cosine + pair], before[sine + pair]);
                    rotated[first].Should().Be(MathF.FusedMultiplyAdd(a, c, -(b * s)), "pair {0} of {1}", pair, pairs);
                    rotated[second].Should().Be(MathF.FusedMultiplyAdd(a, s, b * c), "pair {0} of {1}", pair, pairs);
                }

                rotated[(2 * pairs)..].ToArray().Should().Equal(row[(2 * pairs)..].ToArray());
            }
        }
    }
}
