using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Tensors;

/// <summary>A run of memory and a view with gaps overlap where they share an element, and nowhere else: compared with a list of all places.</summary>
[Trait("Speed", "Quick")]
public class OverlapTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly (TensorShape Shape, TensorShape Strides)[] _views =
    [
        ([5], [1]), ([5], [3]), ([3, 4], [4, 1]), ([3, 4], [6, 1]), ([3, 4], [1, 3]), ([2, 3, 2], [20, 6, 1]), ([2, 2], [9, 2]), ([1, 3], [50, 2]),
        ([2, 4], [2, 1]), ([2, 2, 3], [20, 2, 1]), ([3, 3], [7, 1]),
    ];

    private static readonly (TensorShape Shape, TensorShape Strides)[] _runs =
        [([1], [1]), ([2], [1]), ([7], [1]), ([2, 3], [3, 1]), ([4, 2], [0, 1]), ([3, 1], [0, 5]), ([2, 2, 2], [2, 0, 1]), ([2, 4], [2, 1]), ([3, 4], [1, 1])];

    [Fact]
    public void A_run_and_a_view_with_gaps_overlap_where_they_share_a_place()
    {
        using Tensor<float> memory = Device(Backend.Cpu).Allocate<float>([80]);
        foreach ((TensorShape shape, TensorShape strides) in _views)
        {
            var view = new TensorView<float>(memory.View.Data.SubView(20), shape, strides);
            HashSet<long> places = [.. Places(20, shape, strides)];
            foreach ((TensorShape runShape, TensorShape runStrides) in _runs)
            {
                for (int start = 0; start < 60; start++)
                {
                    var run = new TensorView<float>(memory.View.Data.SubView(start), runShape, runStrides);
                    bool shares = Places(start, runShape, runStrides).Any(places.Contains);
                    Overlap(() => view.CheckDisjoint("view", run.Footprint, "run")).Should().Be(shares, "{0} {1} and {2} {3} at {4}", shape, strides, runShape, runStrides, start);
                    Overlap(() => run.CheckDisjoint("run", view.Footprint, "view")).Should().Be(shares);
                }
            }
        }
    }

    [Fact]
    public void Elements_of_other_sizes_share_bytes()
    {
        using Tensor<float> memory = Device(Backend.Cpu).Allocate<float>([24]);
        var columns = new TensorView<float>(memory.View.Data, [4], [6]);
        for (int start = 0; start < 44; start++)
        {
            var run = new TensorView<Half>(memory.View.Data.Cast<Half>().SubView(start), [3], [1]);
            bool shares = Enumerable.Range(start, 3).Any(half => half / 2 % 6 == 0);
            Overlap(() => columns.CheckDisjoint("columns", run.Footprint, "run")).Should().Be(shares, "the run begins at {0}", start);
            Overlap(() => run.CheckDisjoint("run", columns.Footprint, "columns")).Should().Be(shares);
        }
    }

    private static bool Overlap(Action check)
    {
        try
        {
            check();
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static IEnumerable<long> Places(long start, TensorShape shape, TensorShape strides)
    {
        IEnumerable<long> places = [start];
        for (int dimension = 0; dimension < shape.Rank; dimension++)
        {
            (long extent, long stride) = (shape[dimension], strides[dimension]);
            places = places.SelectMany(place => Enumerable.Range(0, (int)extent).Select(index => place + (index * stride)));
        }

        return places;
    }
}
