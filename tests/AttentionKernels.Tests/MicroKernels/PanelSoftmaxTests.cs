using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The online softmax of panels against its definition, with masked keys, masked lanes and NaN.</summary>
[Trait("Speed", "Quick")]
public class PanelSoftmaxTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _counts = [.. Enumerable.Range(1, 20), 63, 64, 65];
    private static readonly float[] _scales = [1f, 0.125f, 0.3f, 20f];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Update_is_a_step_of_the_online_softmax_in_every_lane(Backend backend, int lanes)
    {
        int panel = 2 * lanes;
        var memory = new CallMemory();
        var calls = new List<SoftmaxCall>();
        foreach (int count in _counts)
        {
            foreach (float scale in _scales)
            {
                float[] scores = RandomData.Normal(calls.Count, count * panel, deviation: 4f);
                float[] maxima = RandomData.Normal(calls.Count + 1000, panel, deviation: 8f);
                float[] sums = RandomData.Uniform(calls.Count + 2000, panel, 1f, 100f);
                SetSpecialLanes(scores, maxima, sums, count, panel, calls.Count % 7);
                var call = new SoftmaxCall(
                    memory.Place(scores), memory.Place(maxima), memory.Place(sums), memory.Place(new float[panel]), memory.Place(scale), count, scale);
                memory.Output(call.Scores, count * panel);
                memory.Output(call.Maxima, panel);
                memory.Output(call.Sums, panel);
                memory.Output(call.Factors, panel);
                memory.Call(call.Scores, call.Maxima, call.Sums, call.Factors, call.ScaleOffset, count);
                calls.Add(call);
            }
        }

        float[] before = memory.Before;
        float[] after = memory.Run<PanelUpdate>(Device(backend), lanes);

        foreach (SoftmaxCall call in calls)
        {
            for (int lane = 0; lane < panel; lane++)
            {
                new SoftmaxStep(before, after, call.Scale, call.Maxima + lane, call.Sums + lane, call.Factors + lane)
                    .Verify([.. Enumerable.Range(0, call.Count).Select(key => call.Scores + (key * panel) + lane)]);
            }
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Mask_leaves_the_scores_inside_the_bounds_of_their_lanes(Backend backend, int lanes)
    {
        int panel = 2 * lanes;
        var memory = new CallMemory();
        var calls = new List<(int Scores, int Lower, int Upper)>();
        foreach (int count in _counts)
        {
            var random = new Random(count);
            float[] scores = RandomData.Normal(count, count * panel);
            scores[random.Next(scores.Length)] = float.NaN;
            scores[random.Next(scores.Length)] = float.PositiveInfinity;
            int at = memory.Output(memory.Place(scores), count * panel);
            int lower = memory.Place(Enumerable.Range(0, panel).Select(_ => (float)random.Next(count + 2)));
            int upper = memory.Place(Enumerable.Range(0, panel).Select(_ => (float)random.Next(count + 2)));
            memory.Call(at, lower, upper, count);
            calls.Add((at, lower, upper));
        }

        float[] before = memory.Before;
        float[] after = memory.Run<PanelMask>(Device(backend), lanes);

        foreach (((int scores, int lower, int upper), int count) in calls.Zip(_counts))
        {
            after.AsSpan(scores, count * panel).ToArray().Should().Equal(Enumerable.Range(0, count * panel).Select(element =>
                before[lower + (element % panel)] <= element / panel && element / panel < before[upper + (element % panel)]
                    ? before[scores + element]
                    : float.NegativeInfinity));
        }
    }

    // Lane by lane: nothing so far and nothing now; nothing so far; nothing now; the first key masked; a NaN; far below the maximum.
    private static void SetSpecialLanes(float[] scores, float[] maxima, float[] sums, int count, int panel, int first)
    {
        for (int key = 0; key < count; key++)
        {
            scores[(key * panel) + first] = float.NegativeInfinity;
            scores[(key * panel) + ((first + 2) % panel)] = float.NegativeInfinity;
            scores[(key * panel) + ((first + 5) % panel)] -= 10_000f;
        }

        maxima[first] = maxima[(first + 1) % panel] = float.NegativeInfinity;
        sums[first] = sums[(first + 1) % panel] = 0f;
        scores[(first + 3) % panel] = float.NegativeInfinity;
        scores[(count / 2 * panel) + ((first + 4) % panel)] = float.NaN;
    }

    private sealed record SoftmaxCall(int Scores, int Maxima, int Sums, int Factors, int ScaleOffset, int Count, float Scale);
}
