using AttentionKernels.Formats;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The rows of an index are added up by its first one alone, exactly, in every length around the edges of vectors and runs and at every alignment.</summary>
[Trait("Speed", "Quick")]
public class IndexedRowsTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _indices = [2, 7, 2, 0, 7, 7, -3, 2, 5, 0, 7];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void The_first_row_of_an_index_adds_up_all(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Target, float[] Expected)>();
        foreach (int count in (int[])[.. Enumerable.Range(1, 40), 511, 512, 513, 1030])
        {
            float[] elements = [.. RandomData.Uniform(count, _indices.Length * count, -8f, 8f).Select(number => MathF.Round(number))];
            int rows = memory.Place(elements);
            int indices = memory.Place(_indices.Select(BitConverter.Int32BitsToSingle));
            for (int row = 0; row < _indices.Length; row++)
            {
                float[] expected = [.. Enumerable.Repeat(3f, count)];
                int target = memory.Output(memory.Place(expected), count);
                for (int later = row; later < _indices.Length && !_indices.AsSpan(0, row).Contains(_indices[row]); later++)
                {
                    for (int index = 0; index < count && _indices[later] == _indices[row]; index++)
                        expected[index] += elements[(later * count) + index];
                }

                memory.Call(rows, indices, target, row, _indices.Length, count);
                calls.Add((target, expected));
            }
        }

        float[] after = memory.Run<AddIndexedRows<StoredFp32>>(Device(backend), lanes);

        foreach ((int target, float[] expected) in calls)
            after[target..(target + expected.Length)].Should().Equal(expected);
    }
}
