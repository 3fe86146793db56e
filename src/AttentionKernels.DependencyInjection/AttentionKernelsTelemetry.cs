using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AttentionKernels.DependencyInjection;

/// <summary>
/// Metrics and traces of what a host's device does once: it is opened, kernels are compiled, plans of attention are made. Runs of plans and
/// other launches are not touched.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Instrument</term><description>Unit and tags</description></listheader>
/// <item><term><see cref="DevicesOpened"/></term><description>devices; <c>attentionkernels.device</c></description></item>
/// <item><term><see cref="CompilationDuration"/></term>
/// <description>seconds; <c>attentionkernels.device</c>, <c>attentionkernels.kernel</c></description></item>
/// <item><term><see cref="PlansMade"/></term><description>plans; <c>attentionkernels.device</c></description></item>
/// </list>
/// <para>The activities are <c>attentionkernels.open</c> and <c>attentionkernels.compile</c>, with the same tags, and
/// <c>attentionkernels.plan</c>, which takes no time and says in <c>attentionkernels.explanation</c> what the plan chose, and why.</para>
/// <para>With OpenTelemetry: <c>AddMeter(AttentionKernelsTelemetry.Name)</c> of metrics, <c>AddSource</c> of traces.</para>
/// </remarks>
/// <example>
/// <code>
/// using System.Diagnostics.Metrics;
/// using AttentionKernels.DependencyInjection;
///
/// using var listener = new MeterListener();
/// listener.InstrumentPublished = (instrument, meters) =>
/// {
///     if (instrument.Meter.Name == AttentionKernelsTelemetry.Name)
///         meters.EnableMeasurementEvents(instrument);
/// };
/// listener.Start();
/// </code>
/// </example>
public sealed class AttentionKernelsTelemetry : IDisposable
{
    /// <summary>The name of the <see cref="Meter"/> and of the <see cref="ActivitySource"/>.</summary>
    public const string Name = "AttentionKernels";

    /// <summary>The counter of devices that were opened.</summary>
    public const string DevicesOpened = "attentionkernels.devices.opened";

    /// <summary>The histogram of how long kernels took to compile.</summary>
    public const string CompilationDuration = "attentionkernels.kernel.compilation.duration";

    /// <summary>The counter of plans of attention that were made.</summary>
    public const string PlansMade = "attentionkernels.plans.made";

    private const string DeviceTag = "attentionkernels.device";
    private const string KernelTag = "attentionkernels.kernel";
    private const string ExplanationTag = "attentionkernels.explanation";

    private readonly ActivitySource _activities = new(Name);
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _opened;
    private readonly Histogram<double> _compilations;
    private readonly Counter<long> _plans;

    /// <summary>Makes the instruments.</summary>
    /// <param name="factory">The host's factory of meters, which disposes what it makes; <see langword="null"/> where it has none.</param>
    /// <example>
    /// <code>
    /// using AttentionKernels.DependencyInjection;
    ///
    /// using var telemetry = new AttentionKernelsTelemetry();
    /// </code>
    /// </example>
    public AttentionKernelsTelemetry(IMeterFactory? factory = null)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(Name) ?? new Meter(Name);
        _opened = _meter.CreateCounter<long>(DevicesOpened, "{device}", "Devices that were opened.");
        _compilations = _meter.CreateHistogram<double>(CompilationDuration, "s", "How long kernels took to compile.");
        _plans = _meter.CreateCounter<long>(PlansMade, "{plan}", "Plans of attention that were made.");
    }

    /// <summary>Opens a device and follows it from then on.</summary>
    /// <param name="open">Opens it.</param>
    /// <returns>The device that <paramref name="open"/> has returned; the caller disposes it. What <paramref name="open"/> throws passes
    /// through, and is the status of the activity.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="open"/> is <see langword="null"/>.</exception>
    /// <example>
    /// <code>
    /// using AttentionKernels.DependencyInjection;
    ///
    /// using var telemetry = new AttentionKernelsTelemetry();
    /// using AttentionDevice opened = telemetry.Open(() => AttentionDevice.Open("cpu"));
    /// </code>
    /// </example>
    public AttentionDevice Open(Func<AttentionDevice> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        using Activity? activity = _activities.StartActivity("attentionkernels.open");
        AttentionDevice device;
        try
        {
            device = open();
        }
        catch (Exception exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            throw;
        }

        string selector = device.Description.Selector;
        activity?.SetTag(DeviceTag, selector);
        device.KernelCompiled += (kernel, duration) => Compiled(selector, kernel, duration);
        device.PlanMade += explanation => Planned(selector, explanation);
        try
        {
            _opened.Add(1, new KeyValuePair<string, object?>(DeviceTag, selector));
        }
        catch
        {
            // A listener has thrown, and the caller gets no device to dispose.
            device.Dispose();
            throw;
        }

        return device;
    }

    /// <summary>Ends the instruments.</summary>
    public void Dispose()
    {
        _activities.Dispose();
        if (_ownsMeter)
            _meter.Dispose();
    }

    private void Planned(string selector, string explanation)
    {
        _plans.Add(1, new KeyValuePair<string, object?>(DeviceTag, selector));
        using Activity? activity = _activities.StartActivity(
            ActivityKind.Internal, tags: [new(DeviceTag, selector), new(ExplanationTag, explanation)], name: "attentionkernels.plan");
    }

    private void Compiled(string selector, string kernel, TimeSpan duration)
    {
        _compilations.Record(duration.TotalSeconds, new(DeviceTag, selector), new(KernelTag, kernel));
        using Activity? activity = _activities.StartActivity(
            ActivityKind.Internal,
            tags: [new(DeviceTag, selector), new(KernelTag, kernel)],
            startTime: DateTimeOffset.UtcNow - duration,
            name: "attentionkernels.compile");
    }
}
