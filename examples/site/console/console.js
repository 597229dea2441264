const tasks = [
  ['train-llama-70b-sft', 'ml.p4d.24xlarge', 96, 41, '612.4 GiB / 1152 GiB', 'Running', 'a.lindqvist', '2026-03-14 08:12:45'],
  ['inference-serving-bert', 'ml.g5.2xlarge', 11, 8, '9.7 GiB / 32 GiB', 'Running', 'd.okafor', '2026-03-02 22:40:03'],
  ['eval-nightly-mmlu', 'ml.g5.12xlarge', 73, 55, '88 GiB / 192 GiB', 'Running', 'ci-bot', '2026-03-14 02:00:11'],
  ['embed-catalogue', 'ml.g4dn.xlarge', 0, 2, '3.1 GiB / 16 GiB', 'Running', 'm.kovac', '2026-03-13 17:25:30'],
  ['train-diffusion-lora', 'ml.p3.8xlarge', null, null, '— / 244 GiB', 'Queued', 'h.tanaka', null],
  ['preprocess-laion-shard-17', 'ml.g4dn.xlarge', null, null, '— / 16 GiB', 'Stopped', 'a.lindqvist', '2026-03-12 09:30:00'],
  ['train-whisper-small', 'ml.g5.2xlarge', null, null, '— / 32 GiB', 'Failed', 'd.okafor', '2026-03-13 11:05:27'],
  ['export-onnx-bert', 'ml.g5.2xlarge', null, null, '— / 32 GiB', 'Completed', 'd.okafor', '2026-03-11 16:44:52'],
];

// The status pill is a web component of the platform's design system: its text is in a shadow root.
class StatusPill extends HTMLElement {
  static colours = { Running: '#35c26b', Queued: '#e5a53b', Stopped: '#8d9bb0', Failed: '#ef6363', Completed: '#4da3ff' };

  connectedCallback() {
    const status = this.getAttribute('status');
    this.attachShadow({ mode: 'open' }).innerHTML = `
      <style>
        span { display: inline-flex; align-items: center; gap: 6px; }
        span::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: ${StatusPill.colours[status]}; }
      </style><span>${status}</span>`;
  }
}
customElements.define('status-pill', StatusPill);

const $ = id => document.getElementById(id);

function meter(percent) {
  if (percent === null) return '—';
  return `<span class="bar" role="img" aria-hidden="true"><i class="${percent < 30 ? 'low' : ''}" style="width:${percent}%"></i></span>${percent}%`;
}

function draw() {
  const wanted = $('filter').value.toLowerCase();
  const shown = tasks.filter(task => task[0].includes(wanted) && (!$('only').checked || task[5] === 'Running'));
  $('rows').innerHTML = shown.map(([name, type, gpu, cpu, memory, status, owner, start]) => `<tr>
    <td>${name}</td><td>${type}</td><td class="num">${meter(gpu)}</td><td class="num">${meter(cpu)}</td><td class="num">${memory}</td>
    <td><status-pill status="${status}"></status-pill></td><td>${owner}</td><td class="num">${start ?? '—'}</td>
    <td>${status === 'Running' ? `<button type="button" data-task="${name}">Stop</button>` : ''}</td></tr>`).join('');
  $('running').textContent = tasks.filter(task => task[5] === 'Running').length;
  $('waiting').textContent = tasks.filter(task => task[5] === 'Queued').length;
}

function chart() {
  const canvas = $('chart'), pen = canvas.getContext('2d');
  const samples = [52, 54, 57, 61, 66, 64, 70, 73, 71, 75, 79, 77, 72, 68, 66, 63, 69, 74, 78, 82, 80, 76, 73, 71];
  const x = i => 36 + i * (canvas.width - 52) / (samples.length - 1), y = v => 136 - v * 1.2;
  pen.font = '11px sans-serif';
  pen.fillStyle = '#8d9bb0';
  pen.strokeStyle = '#263141';
  for (const mark of [0, 50, 100]) {
    pen.fillText(`${mark}%`, 2, y(mark) + 4);
    pen.beginPath(); pen.moveTo(36, y(mark)); pen.lineTo(canvas.width - 10, y(mark)); pen.stroke();
  }
  pen.fillText('11:00', 36, 154);
  pen.fillText('12:00', canvas.width - 44, 154);
  pen.strokeStyle = '#4da3ff';
  pen.lineWidth = 2;
  pen.beginPath();
  samples.forEach((value, i) => pen.lineTo(x(i), y(value)));
  pen.stroke();
}

$('rows').addEventListener('click', event => {
  const task = tasks.find(([name]) => name === event.target.dataset.task);
  if (!task) return;
  if (!confirm(`Stop ${task[0]}?`)) return void ($('said').textContent = `${task[0]} goes on running`);
  task[5] = 'Stopped';
  task[2] = task[3] = null;
  $('said').textContent = `${task[0]} was stopped`;
  draw();
});
$('filter').addEventListener('input', draw);
$('only').addEventListener('change', draw);
$('refresh').addEventListener('click', () => { $('said').textContent = 'Refreshed'; });
for (const tab of document.querySelectorAll('[role=tab]')) tab.addEventListener('click', () => {
  for (const other of document.querySelectorAll('[role=tab]')) {
    other.setAttribute('aria-selected', String(other === tab));
    $(other.getAttribute('aria-controls')).hidden = other !== tab;
  }
});

setTimeout(() => { draw(); chart(); }, 150); // as if the tasks came from the platform's API
