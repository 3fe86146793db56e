namespace AttentionKernels.Peers.Peers;

/// <summary>A way in which a peer does an operation.</summary>
/// <param name="Detail">What distinguishes it, for people to read.</param>
/// <param name="Prepare">Makes it ready.</param>
/// <param name="Scale">What the time of a run is multiplied by to be comparable.</param>
internal sealed record Way(string Detail, Func<PreparedRun> Prepare, double Scale = 1);
