using AttentionKernels.Elementwise.Activations;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>A formula of two rows gives the bits of scalar code in every length around the edges of vectors, at every alignment, stored either way.</summary>
[Trait("Speed", "Quick")]
public class RowFormulaTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _counts = [.. Enumerable.Range(1, 70), 511, 512, 513, 1000];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Rows_give_the_bits_of_scalar_code(Backend backend, int lanes)
    {
        Verify<ActivationFormulas<Gelu>.OfSum, CachedStore>(backend, lanes);
        Verify<ActivationFormulas<Silu>.Gate, NonTemporalStore>(backend, lanes);
        Verify<ActivationFormulas<GeluTanh>.Alone, CachedStore>(backend, lanes);
        Verify<SumFormula, NonTemporalStore>(backend, lanes);
    }

    private void Verify<TFormula, TStore>(Backend backend, int lanes)
        where TFormula : struct, IFormula
        where TStore : struct, IStorePolicy
    {
        var memory = new CallMemory();
        var calls = new List<(int X, int Y, int Target, int Count)>();
        foreach (int count in _counts)
        {
            calls.Add((
                memory.Place(RandomData.Normal(count, count, deviation: 4f)), memory.Place(RandomData.Normal(-count, count)),
                memory.Output(memory.Place(new float[count]), count), count));
            memory.Call(calls[^1].X, calls[^1].Y, calls[^1].Target, count);
        }

        float[] after = memory.Run<FormulaOfRows<StoredFp32, TFormula, TStore>>(Device(backend), lanes);

        foreach ((int x, int y, int target, int count) in calls)
        {
            for (int index = 0; index < count; index++)
                after[target + index].Should().Be(TFormula.Apply<ScalarNumber>(after[x + index], after[y + index], default).Value, "element {0} of {1}", index, count);
        }
    }
}
