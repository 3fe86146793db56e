using AttentionKernels;
using AttentionKernels.Peers;
using AttentionKernels.Peers.Operations;
using AttentionKernels.Peers.Peers;
using AttentionKernels.Peers.Rooflines;
using AttentionKernels.Problems;
using AttentionKernels.Samples.Arguments;
using AttentionKernels.Samples.CompareVariants;
using Spectre.Console;

return Options.Run(args, options =>
{
    using CancellationTokenSource cancellation = CommandLine.CancelledByKey();
    List<AttentionDevice> devices = [];
    try
    {
        if (options.TestData.IsWanted)
            return options.TestData.Record();
        OpenDevices(options.Device, devices);
        HeapReuse.Enable();
        var inputs = new NormalInputs();
        int threads = Environment.ProcessorCount;
        using var torch = new TorchPeer(threads);
        using var onnx = new OnnxPeer(threads);
        using var llama = new LlamaCppPeer(threads);
        IPeer[] libraries = [torch, onnx, llama];
        foreach (IPeer peer in libraries)
            Console.Error.WriteLine($"{peer.Name}: {peer.Unavailable ?? $"{threads} threads"}");

        IPeer[] peers = [.. libraries, new ArithmeticRoofline(inputs, torch, onnx), new MemoryRoofline(threads)];
        IEnumerable<IOperation> operations = options.Quick ? Suite.Quick(inputs, options.Model) : Suite.Full(inputs, options.Model);
        IAnsiConsole console = TableConsole.Open();
        IReadOnlyList<PeerRow> rows = new Comparison(devices, peers, options).Run(operations, Show, cancellation.Token);
        if (rows.Count == 0 && !cancellation.IsCancellationRequested)
        {
            Console.Error.WriteLine($"No row has '{options.Filter}' in operation, shape, peer or detail.");
            return 1;
        }

        PeerTable.WriteNotes(console, rows);
        if (cancellation.IsCancellationRequested)
            Console.Error.WriteLine("Stopped before the end.");
        return cancellation.IsCancellationRequested ? 1 : 0;

        void Show(IReadOnlyList<PeerRow> all, IReadOnlyList<PeerRow> latest)
        {
            PeerTable.Write(console, latest);
            if (options.Json is { } json)
                PeerJson.Write(json, all);
        }
    }
    catch (Exception exception) when (exception
        is DeviceUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return 1;
    }
    finally
    {
        devices.ForEach(device => device.Dispose());
    }
});

// Peers compute on the processor, and so does the library here.
static void OpenDevices(string name, List<AttentionDevice> devices)
{
    if (name != "opencl")
        devices.Add(AttentionDevice.Open(DeviceKind.Cpu));
    try
    {
        if (name != "cpu")
            devices.Add(AttentionDevice.Open(DeviceKind.OpenClCpu));
    }
    catch (DeviceUnavailableException exception) when (name == Options.AllDevices)
    {
        Console.Error.WriteLine(exception.Message);
    }

    foreach (AttentionDevice device in devices)
        Console.Error.WriteLine(device);
}
