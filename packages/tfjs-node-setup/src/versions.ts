/** Which of the two npm packages, and so which build of TensorFlow: for the CPU alone, or with CUDA 12. */
export type TensorFlowVariant = 'cpu' | 'gpu';

export const tfjsNodeVersion = '4.22.0';
export const nodeApiHeadersVersion = '1.9.0';
export const tensorflowVersion = '2.21.0';

/** The npm package of a variant. */
export const npmPackage: Readonly<Record<TensorFlowVariant, string>> = {
  cpu: '@tensorflow/tfjs-node',
  gpu: '@tensorflow/tfjs-node-gpu',
};

/** The PyPI project whose wheel holds a variant's libtensorflow. */
export const pythonProject: Readonly<Record<TensorFlowVariant, string>> = { cpu: 'tensorflow-cpu', gpu: 'tensorflow' };

/** Bytes of the downloaded wheel, and of everything once it is set up, for progress and for the check of free space. */
export const sizes: Readonly<Record<TensorFlowVariant, { readonly wheel: number; readonly installed: number }>> = {
  cpu: { wheel: 273_829_956, installed: 1_250e6 },
  gpu: { wheel: 572_440_367, installed: 1_700e6 },
};

/** SHA-256 of the wheels of TensorFlow 2.21.0 as published on PyPI. The libraries inside do not depend on the Python version. */
export const wheelChecksums: Readonly<Record<string, string>> = {
  'tensorflow_cpu-2.21.0-cp310-cp310-manylinux_2_27_x86_64.whl': 'd143e92f5c0661cdfa26eaca8f73cd2efd0ec53a68af8dec82f584ba8eb14b83',
  'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl': '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl': 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
  'tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl': '05af7c26d35f4de910b5598c7b507e3981831a7b0f47fed9a405d995d51d7793',
  'tensorflow-2.21.0-cp310-cp310-manylinux_2_27_x86_64.whl': '77c6f298e695ea1d283cdd7d30f8d97530cc6e92c1395a9ddbab9771c99233a4',
  'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl': '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl': 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
  'tensorflow-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl': 'e9d8da8dcab9650efb45f032ba70af2f016f907e6e0c6bda29dd101bba945406',
};
