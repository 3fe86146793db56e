using AttentionKernels.Formats;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>Rows go into one lane and come back from it; every other lane stays as it is.</summary>
[Trait("Speed", "Quick")]
public class PanelLaneTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _counts = [.. Enumerable.Range(1, 35), 64, 127, 128];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Fill_writes_a_row_into_its_lane(Backend backend, int lanes)
    {
        int panel = 2 * lanes;
        var memory = new CallMemory();
        var calls = new List<(int Lane, int Row)>();
        foreach (int count in _counts)
        {
            float[] row = RandomData.Normal(count, count);
            row[count / 2] = float.NaN;
            row[^1] = float.NegativeInfinity;
            int lane = memory.PlaceRows(count, count, panel, panel) + (count * 3 % panel);
            memory.OutputRows(lane, count, panel, 1);
            calls.Add((lane, memory.Place(row)));
            memory.Call(lane, calls[^1].Row, count);
        }

        float[] after = memory.Run<LaneFill<StoredFp32>>(Device(backend), lanes);

        foreach (((int lane, int row), int count) in calls.Zip(_counts))
            Enumerable.Range(0, count).Select(index => after[lane + (index * panel)]).Should().Equal(after.AsSpan(row, count).ToArray());
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Store_writes_a_lane_times_a_factor_into_a_row(Backend backend, int lanes)
    {
        const float Factor = -0.7f;
        int panel = 2 * lanes;
        var memory = new CallMemory();
        var calls = new List<(int Lane, int Row)>();
        foreach (int count in _counts)
        {
            int lane = memory.PlaceRows(count, count, panel, panel) + (count * 3 % panel);
            calls.Add((lane, memory.Output(memory.Place(new float[count]), count)));
            memory.Call(lane, calls[^1].Row, memory.Place(Factor), count);
        }

        float[] after = memory.Run<LaneStore<StoredFp32>>(Device(backend), lanes);

        foreach (((int lane, int row), int count) in calls.Zip(_counts))
            after.AsSpan(row, count).ToArray().Should().Equal(Enumerable.Range(0, count).Select(index => Factor * after[lane + (index * panel)]));
    }
}
